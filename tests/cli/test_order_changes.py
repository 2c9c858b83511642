"""What is asked of a shop from the command line: said first, done once, refused with a reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.services.context import Hub
from hub.store.unit_of_work import Store
from tests.cli.conftest import Cli
from tests.services.merchant import Merchant
from tests.store.conftest import (
    SettableClock,
    _postgres_engines,
    clock,
    postgres_store,
    sqlite_store,
    store,
)

__all__ = ["_postgres_engines", "clock", "postgres_store", "sqlite_store", "store"]


class _System:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def __enter__(self) -> "_System":
        return self

    def __exit__(self, *_given: Any) -> None:
        """Nothing to close."""


@pytest.fixture
def merchant(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Merchant]:
    made = Merchant(store, clock)
    for room in ("order_changes", "catalogue"):
        monkeypatch.setattr(f"hub.cli.{room}.opened", lambda: _System(made.hub))
    return made


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


def test_a_refund_is_shown_before_it_is_made(merchant: Merchant, cli: Cli) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    told = cli("orders", "refund", "NYC-7", "--amount", "5", "--dry-run")
    assert "5.00 USD of NYC-7 would be given back, of 26.00" in told.err
    assert merchant.effects("refund") == []
    assert "Add --yes" in cli("orders", "refund", "NYC-7", "--line", "TEE=1", code=2).err
    line = "orders refund NYC-7 --line TEE=1 --reason broken --yes --json"
    done = json.loads(cli(*line.split()).out)
    assert (done["amount"], done["lines"][0]["quantity"]) == ("10.00", 1)
    merchant.run()
    assert merchant.effects("refund") == ["succeeded"]


@pytest.mark.parametrize(
    ("line", "code"),
    [("--amount 99", 5), ("--amount x", 2), ("--line TEE", 2), ("--line MUG=1", 5), ("", 5)],
)
def test_a_refund_that_cannot_be_is_refused(
    merchant: Merchant, cli: Cli, line: str, code: int
) -> None:
    merchant.says(state="finished", fulfilled={"1": 2})
    said = cli("orders", "refund", "NYC-7", *line.split(), "--yes", code=code)
    assert said.err.startswith("hub: ") and merchant.effects("refund") == []


def test_an_order_is_cancelled_at_its_shop(merchant: Merchant, cli: Cli) -> None:
    merchant.says()
    given = ("orders", "cancel", "NYC-7", "--reason", "bought twice")
    assert "would be cancelled" in cli(*given, "--dry-run").err
    assert json.loads(cli(*given, "--yes", "--json").out)["effect"]
    merchant.run()
    assert merchant.order().phase == "cancelled"
    assert "is cancelled at the shop" in cli(*given, "--yes", code=5).err


def test_a_price_and_a_text_are_set_on_a_channel(merchant: Merchant, cli: Cli) -> None:
    cli("catalogue", "price", "p1", "12.90", "--channel", "NYC", "--sale", "9.90")
    cli("catalogue", "text", "p1", "--channel", "NYC", "--title", "Tee")
    merchant.run()
    assert merchant.shop.shown["p1"] == {"price": "12.90", "sale_price": "9.90", "title": "Tee"}
    cli("catalogue", "price", "p1", "12,90", "--channel", "NYC", code=2)
    cli("catalogue", "price", "p9", "12.90", "--channel", "NYC", code=3)
    told = json.loads(
        cli("catalogue", "price", "p1", "1", "--channel", "NYC", "--dry-run", "--json").out
    )
    assert told == {"listings": ["p1"], "wanted": {"price": "1"}, "dry_run": True}
