"""What a vendor says of itself is asked again, kept, and known to the connector from then on."""

import pytest

from hub.sdk import Account, ConfigError
from hub.services.context import Hub
from hub.services.vendors.connect import ask_again
from hub.store.connections import Connected
from tests.services.scripted_shop import ScriptedShop


def test_a_shop_that_moved_is_opened_anew_with_its_new_address(
    hub: Hub, shop: Connected, vendor: ScriptedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Account(id=shop.account.id, title="Moved", address="new.example")
    monkeypatch.setattr(vendor, "check", lambda: moved)
    assert ask_again(hub, "NYC") == moved
    now = hub.connection("NYC")
    assert (now.account, now.epoch) == (moved, shop.epoch), "nothing under way is disturbed"
    opened = hub.open(now).connector
    assert opened is not vendor and hub.open(now).connector is opened


def test_another_account_behind_the_same_key_is_refused(
    hub: Hub, shop: Connected, vendor: ScriptedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor, "check", lambda: Account(id="another", title="Another"))
    with pytest.raises(ConfigError, match="answers as another"):
        ask_again(hub, "NYC")
    assert hub.connection("NYC").account == shop.account
