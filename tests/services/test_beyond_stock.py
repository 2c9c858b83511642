"""Selling beyond stock: caps, promise dates, and supply that fills what waits."""

from datetime import timedelta

import pytest

from hub.records.stock import SellPolicy
from hub.services.stock.selling import (
    expect_units,
    forget_expected,
    set_buffer,
    set_sell_policy,
)
from hub.services.stock.stockroom import receive_stock
from hub.store import tables
from hub.store.incoming import expect, received, supply_of
from hub.store.stock_names import StockRefusedError, UnknownItemError
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What is told once: the questions asked of the database are the same as in the others."""


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    return Merchant(store, clock)


def promised(merchant: Merchant, number: str = "7") -> object:
    (line,) = merchant.lines(number).values()
    return line.promised_for


@on_sqlite
def test_up_to_its_cap_a_backorder_is_sold_and_waits_with_a_date(merchant: Merchant) -> None:
    in_a_week = merchant.clock.now + timedelta(days=7)
    set_sell_policy(merchant.hub, "p1", SellPolicy.BACKORDER, cap=4)
    expect_units(merchant.hub, "p1", 20, in_a_week)
    merchant.run()
    assert merchant.shop.stock["p1"] == 9
    merchant.says(lines={"1": 7})
    assert str(merchant.order().phase) == "awaiting_stock"
    assert promised(merchant) == in_a_week
    (decision,) = merchant.decisions("backorder")
    assert decision["outcome"] == "waits"
    assert {"ahead": 0, "cap": 4, "free": 5, "units": 7}.items() <= decision["waits"][0].items()
    merchant.run()
    assert merchant.shop.stock["p1"] == 5  # what is free; the cap is used up by seven that wait


def test_a_receipt_fills_the_backorder_and_takes_back_its_date(merchant: Merchant) -> None:
    set_sell_policy(merchant.hub, "p1", SellPolicy.BACKORDER, cap=4)
    merchant.says(lines={"1": 7})
    assert promised(merchant) is None  # nobody said that more will come
    receive_stock(merchant.hub, "p1", 3, "delivery 77", "r1")
    merchant.run()
    assert merchant.lines()["1"].allocated == 7 and merchant.labels() == ["L1"]
    assert merchant.shop.stock["p1"] == 5  # one is free, and four may be sold beyond


@on_sqlite
def test_beyond_the_cap_an_order_lands_all_the_same_and_is_called_oversold(
    merchant: Merchant,
) -> None:
    merchant.says(lines={"1": 7})
    assert [one["outcome"] for one in merchant.decisions("backorder")] == ["oversold"]
    assert str(merchant.order().phase) == "awaiting_stock"


@on_sqlite
def test_a_preorder_is_promised_for_its_date_and_the_older_order_is_served_first(
    merchant: Merchant,
) -> None:
    release = merchant.clock.now + timedelta(days=30)
    set_sell_policy(merchant.hub, "p1", SellPolicy.PREORDER, cap=10, date=release)
    merchant.says("7", lines={"1": 6})
    merchant.says("8", lines={"1": 6})
    assert promised(merchant, "7") == promised(merchant, "8") == release
    receive_stock(merchant.hub, "p1", 2, "delivery", "r1")
    merchant.run()
    assert merchant.lines("7")["1"].allocated == 6 and merchant.lines("8")["1"].reserved == 0


@on_sqlite
def test_supply_that_is_put_off_moves_the_promise(merchant: Merchant) -> None:
    set_sell_policy(merchant.hub, "p1", SellPolicy.BACKORDER, cap=9)
    soon, late = (merchant.clock.now + timedelta(days=days) for days in (2, 9))
    source = expect_units(merchant.hub, "p1", 5, soon)
    expect_units(merchant.hub, "p1", 20, late, confidence=50)
    merchant.says(lines={"1": 7})
    assert promised(merchant) == soon
    forget_expected(merchant.hub, source)
    merchant.run()
    assert promised(merchant) == late
    with pytest.raises(UnknownItemError):
        forget_expected(merchant.hub, source)


@on_sqlite
def test_a_policy_beyond_stock_needs_a_cap_and_a_preorder_a_date(merchant: Merchant) -> None:
    with pytest.raises(StockRefusedError, match="cap"):
        set_sell_policy(merchant.hub, "p1", SellPolicy.BACKORDER)
    with pytest.raises(StockRefusedError, match="date"):
        set_sell_policy(merchant.hub, "p1", SellPolicy.PREORDER, cap=3)


@on_sqlite
def test_a_buffer_is_kept_back_per_connection_and_per_listing(merchant: Merchant) -> None:
    set_buffer(merchant.hub, "NYC", 2)
    set_buffer(merchant.hub, "NYC", 4, "p2")
    merchant.run()
    assert merchant.shop.stock == {"p1": 3, "p2": 1}
    set_buffer(merchant.hub, "NYC", None, "p2")
    merchant.run()
    assert merchant.shop.stock == {"p1": 3, "p2": 3}


def test_what_came_in_full_is_waited_for_no_more(merchant: Merchant) -> None:
    at = merchant.clock.now + timedelta(days=1)
    (level, _) = sorted(all_rows(merchant.store, tables.stock_level), key=lambda row: row.on_hand)
    item, place = level.stock_item_id, level.location_id
    with merchant.store.unit_of_work() as unit:
        expect(unit, item, place, 5, at, "po:1")
        expect(unit, item, place, 6, at, "po:1")  # changed by the supplier
        received(unit, "po:1", item, 4)
        assert [one.units for one in supply_of(unit.connection, [item])[item]] == [2]
        received(unit, "po:1", item, 2)
        assert supply_of(unit.connection, [item]) == {}
