"""With an older copy in place nothing is bought or sent until vendors were asked what they know."""

import pytest

from hub.sdk import NotSentError
from hub.services.vendors.restored import MAY_BE_DONE, NotReconciledError, reconcile
from hub.store import tables
from hub.store.life import give_sign, notice_restored, restored_at
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import one_row


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    """One label is owed, and the database turns out to be an older copy: only a file can be."""
    made = Merchant(sqlite_store, clock)
    made.carrier.trouble = NotSentError("away")
    made.says("7")
    give_sign(made.store)
    with made.store.unit_of_work() as unit:
        unit.execute(tables.hub.update().where(tables.hub.c.name == "life").values(value="older"))
    assert notice_restored(made.store)
    return made


def test_an_older_copy_buys_nothing_and_writes_no_stock(merchant: Merchant) -> None:
    merchant.says("8")
    before = len(merchant.shop.diary)
    merchant.owe("publish_stock")
    merchant.later(minutes=30)
    assert merchant.carrier.bought == {}
    assert not [one for one in merchant.shop.diary[before:] if "push" in one]


def test_reconciling_takes_a_whole_pull_of_every_stream_first(merchant: Merchant) -> None:
    merchant.later(minutes=1)
    with pytest.raises(NotReconciledError, match="orders of NYC, products of NYC"):
        reconcile(merchant.hub)


def test_what_the_copy_had_yet_to_do_is_a_persons_to_settle_and_the_rest_goes_on(
    merchant: Merchant,
) -> None:
    merchant.later(minutes=1)
    merchant.says("8")
    merchant.shop.products.append([merchant.product("p1")])
    merchant.owe("pull_products")
    assert reconcile(merchant.hub) == 1
    merchant.later(minutes=30)
    assert list(merchant.effects("label")) == ["needs_operator", "succeeded"]
    assert one_row(merchant.store, tables.effect, state="needs_operator").reason == MAY_BE_DONE
    assert len(merchant.carrier.bought) == 1
    with merchant.store.reading() as database:
        assert restored_at(database) is None
    assert reconcile(merchant.hub) == 0
