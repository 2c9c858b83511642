"""Kits: one line at the channel, its components in the stockroom."""

import pytest

from hub.services.shipping.parcels import parcel_notice
from hub.services.stock.hand_edits import set_stock_policy
from hub.services.stock.kits import assemble, define_kit
from hub.services.stock.selling import set_buffer
from hub.services.stock.stockroom import adjust_stock
from hub.store import tables
from hub.store.ledger import StockConflictError
from hub.store.stock_names import StockRefusedError
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What is told once: the questions asked of the database are the same as in the others."""


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    """Five of p1; p2 is a kit of two p1 and one p3, of which there are eight."""
    made = Merchant(store, clock)
    made.shop.products.append([made.product("p3")])
    made.shop.stock["p3"] = 5
    made.owe("pull_products")
    adjust_stock(made.hub, "p2", -5, "it is a kit", "c1")
    adjust_stock(made.hub, "p3", 8 - made.free("p3"), "counted", "c2")
    define_kit(made.hub, "p2", {"p1": 2, "p3": 1})
    made.run()
    return made


def sells_kits(merchant: Merchant, count: int, number: str = "7") -> None:
    """The shop sells kits by its listing p2."""
    merchant.says(number, lines={"2": count})


@on_sqlite
def test_of_a_kit_a_channel_shows_what_its_scarcest_component_allows(merchant: Merchant) -> None:
    assert merchant.shop.stock == {"p1": 5, "p2": 2, "p3": 8}
    adjust_stock(merchant.hub, "p3", -7, "broken", "c3")
    merchant.run()
    assert merchant.shop.stock["p2"] == 1
    set_buffer(merchant.hub, "NYC", 1)
    merchant.run()
    assert merchant.shop.stock == {"p1": 4, "p2": 0, "p3": 0}


def test_a_kit_reserves_and_ships_its_components(merchant: Merchant) -> None:
    sells_kits(merchant, 2)
    lines = merchant.lines()
    assert lines["2"].is_kit and lines["2"].stock_item_id is None
    assert {key: (row.quantity, row.allocated) for key, row in lines.items() if "#" in key} == {
        "2#p1": (4, 4), "2#p3": (2, 2),
    }  # fmt: skip
    assert (merchant.free("p1"), merchant.free("p3")) == (1, 6)
    merchant.run()
    assert merchant.shop.stock["p2"] == 0 and merchant.shop.stock["p1"] == 1
    assert len(merchant.labels()) == 1 and str(merchant.order().phase) == "in_warehouse"


@on_sqlite
def test_a_kit_short_of_one_component_takes_none(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p3", -7, "broken", "c3")
    sells_kits(merchant, 2)
    assert all(row.reserved == row.allocated == 0 for row in merchant.lines().values())
    assert merchant.free("p1") == 5 and str(merchant.order().phase) == "awaiting_stock"
    adjust_stock(merchant.hub, "p3", 1, "found", "c4")
    merchant.run()
    assert merchant.lines()["2#p1"].allocated == 4


@on_sqlite
def test_an_order_for_fewer_kits_gives_components_back(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p3", -7, "broken", "c3")
    sells_kits(merchant, 2)
    merchant.says(version=1, lines={"2": 1})
    lines = merchant.lines()
    assert (lines["2"].quantity, lines["2#p1"].quantity, lines["2#p3"].quantity) == (1, 2, 1)
    assert lines["2#p1"].allocated == 2 and lines["2#p3"].allocated == 1


@on_sqlite
def test_a_cancelled_kit_is_free_again(merchant: Merchant) -> None:
    sells_kits(merchant, 1)
    merchant.says(version=1, state="cancelled", lines={"2": 1})
    merchant.later(minutes=2)
    assert (merchant.free("p1"), merchant.free("p3")) == (5, 8)
    assert {row.cancelled for row in merchant.lines().values()} == {1, 2}


@on_sqlite
def test_a_kit_whose_money_was_given_back_is_not_shipped(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p3", -7, "broken", "c3")
    sells_kits(merchant, 2)
    merchant.shop.refunds["7"] = [{"id": "r1", "order": "7", "amount": 100, "lines": {"2": 1}}]
    refunded = {"refunded_minor": 100, "refund_ids": ("r1",)}
    merchant.says(version=1, lines={"2": 2}, override=refunded)
    merchant.later(minutes=1)
    lines = merchant.lines()
    assert (lines["2"].cancelled, lines["2#p1"].cancelled, lines["2#p3"].cancelled) == (1, 2, 1)
    assert lines["2#p1"].allocated == 2 and merchant.free("p1") == 3


def test_the_shop_is_told_of_a_kit_when_its_last_component_left(merchant: Merchant) -> None:
    sells_kits(merchant, 1)
    parcel = one_row(merchant.store, tables.shipment)
    lines = {row.id: key for key, row in merchant.lines().items()}
    second = "second"
    part = tables.shipment_line
    moved = next(id for id, key in lines.items() if key == "2#p3")
    with merchant.store.unit_of_work() as unit:
        values = {**parcel._mapping, "id": second, "generation": 2, "handed_over_at": unit.now}
        unit.execute(tables.shipment.insert().values(**values))
        unit.execute(part.update().where(part.c.order_line_id == moved).values(shipment_id=second))
    with merchant.store.reading() as database:
        assert parcel_notice(database, second).lines == ()
    merchant.clock.now = merchant.clock.now.replace(microsecond=merchant.clock.now.microsecond + 1)
    with merchant.store.unit_of_work() as unit:
        here = tables.shipment.c.id == parcel.id
        unit.execute(tables.shipment.update().where(here).values(handed_over_at=unit.now))
    with merchant.store.reading() as database:
        assert parcel_notice(database, parcel.id).lines == (("2", 1),)


@on_sqlite
def test_a_number_typed_for_a_kit_is_no_stock_of_its_own(merchant: Merchant) -> None:
    set_stock_policy(merchant.hub, "NYC", "channel_wins")
    merchant.shop.stock["p2"] = 9
    merchant.shop.orders.append([])
    adjust_stock(merchant.hub, "p3", 1, "found", "c3")
    merchant.run()
    merchant.later(minutes=1)
    assert merchant.shop.stock["p2"] == 2 and merchant.free("p2") == 0
    assert [one["outcome"] for one in merchant.decisions("stock_drift")] == ["overwritten"]


@on_sqlite
def test_a_kit_is_never_inside_itself_and_has_no_units_of_its_own(merchant: Merchant) -> None:
    with pytest.raises(StockRefusedError, match="inside itself"):
        define_kit(merchant.hub, "p3", {"p2": 1}, on_order=False)
    with pytest.raises(StockRefusedError, match="units of its own"):
        define_kit(merchant.hub, "p1", {"p3": 1})


@on_sqlite
def test_what_is_assembled_beforehand_has_units_and_its_components_none(
    merchant: Merchant,
) -> None:
    define_kit(merchant.hub, "p2", {"p1": 2, "p3": 1}, on_order=False)
    assert assemble(merchant.hub, "p2", 2, "make-1")
    assert not assemble(merchant.hub, "p2", 2, "make-1")
    assert [merchant.free(one) for one in ("p1", "p2", "p3")] == [1, 2, 6]
    with pytest.raises(StockConflictError):
        assemble(merchant.hub, "p2", 1, "make-2")
    assert [merchant.free(one) for one in ("p1", "p2", "p3")] == [1, 2, 6]
    assert assemble(merchant.hub, "p2", 1, "apart-1", apart=True)
    merchant.run()
    assert merchant.shop.stock == {"p1": 3, "p2": 1, "p3": 7}
    moves = all_rows(merchant.store, tables.stock_movement)
    assert sum(row.quantity for row in moves if row.to_account == "assembly") == 7
