"""The push policy at work: stale numbers, sales seen early, answers that were lost."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hub.sdk import EffectTraits, PushStock, StockAnswer, StockTarget, TransientError
from hub.services.stock.stockroom import adjust_stock
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.full_shop import FullShop
from tests.services.merchant import Merchant
from tests.services.scripted_shop import raw_order
from tests.store.conftest import SettableClock
from tests.store.shop_rows import one_row


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    made = Merchant(sqlite_store, clock)
    made.shop.diary.clear()
    return made


def offers_compare_and_set(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shop set a number only where it still shows what the hub has seen."""
    registry = merchant.hub.registry
    full = registry.connector("full")
    traits = {**full.effects, PushStock: EffectTraits(compare_and_set=True)}
    monkeypatch.setitem(registry.connectors, "full", replace(full, effects=traits))

    def push_stock(shop: FullShop, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        return tuple(set_one(shop, one) for one in targets)

    def set_one(shop: FullShop, one: StockTarget) -> StockAnswer:
        assert one.expected is not None
        if shop.stock[one.external_id] != one.expected:
            shop.diary.append("stale")
            return StockAnswer(one.external_id, stale=True)
        shop.stock[one.external_id] = one.quantity
        return StockAnswer(one.external_id, one.quantity)

    monkeypatch.setattr(FullShop, "push_stock", push_stock)


def sells_between_look_and_push(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer buys one p1 while the hub has read the number and not yet set it."""
    read = FullShop.read_stock

    def read_and_sell(shop: FullShop, listings: Any) -> Any:
        seen = read(shop, listings)
        monkeypatch.setattr(FullShop, "read_stock", read)
        shop.stock["p1"] = (shop.stock["p1"] or 0) - 1
        merchant_order(merchant)
        return seen

    monkeypatch.setattr(FullShop, "read_stock", read_and_sell)


def merchant_order(merchant: Merchant) -> None:
    """The shop has an order for one p1, which the hub has not pulled yet."""
    raw = raw_order("7", 1, lines={"1": 1})
    merchant.shop.raws["7"] = raw
    merchant.shop.ids["order"].append("7")
    merchant.shop.orders.append([raw])


def test_a_stale_number_is_not_set_and_the_orders_say_why(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers_compare_and_set(merchant, monkeypatch)
    adjust_stock(merchant.hub, "p1", 3, "found", "c1")
    sells_between_look_and_push(merchant, monkeypatch)
    merchant.run()
    assert "stale" in merchant.shop.diary and merchant.shop.stock["p1"] == 4
    merchant.later(seconds=10)
    assert merchant.free("p1") == 7 == merchant.shop.stock["p1"]


def test_a_sale_nobody_told_of_is_taken_off_before_its_order_is_read(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p1", 1, "found", "c1")
    merchant.run()
    merchant.shop.stock["p1"] = 5  # one of six was sold
    merchant.shop.diary.clear()
    adjust_stock(merchant.hub, "p1", -3, "broken", "c2")
    merchant_order(merchant)
    merchant.run()
    assert "set p1=2" in merchant.shop.diary
    merchant.later(minutes=1)
    assert merchant.free("p1") == 2 == merchant.shop.stock["p1"]
    assert merchant.decisions("stock_drift") == []


def test_the_guess_is_taken_back_where_no_order_explains_it(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p1", 1, "found", "c1")
    merchant.run()
    merchant.shop.stock["p1"] = 5
    adjust_stock(merchant.hub, "p1", -3, "broken", "c2")
    merchant.run()
    assert merchant.shop.stock["p1"] == 2
    merchant.later(minutes=1)
    assert merchant.shop.stock["p1"] == 3 == merchant.free("p1")


def test_a_raise_waits_while_a_lost_push_of_another_number_may_still_arrive(
    merchant: Merchant,
) -> None:
    adjust_stock(merchant.hub, "p1", 1, "found", "c1")
    merchant.run()
    merchant.shop.trouble = TransientError("the answer was lost")
    adjust_stock(merchant.hub, "p1", -2, "broken", "c2")
    merchant.run()
    merchant.shop.stock["p1"] = 6  # it has not arrived yet
    adjust_stock(merchant.hub, "p1", 5, "found again", "c3")
    merchant.later(seconds=10)
    assert merchant.shop.stock["p1"] == 6
    merchant.later(minutes=3)
    assert merchant.shop.stock["p1"] == 9
    wish = one_row(merchant.store, tables.desired, field="stock", confirmed_value="9")
    assert wish.confirmed_version == wish.desired_version


def test_a_lower_number_does_not_wait_for_the_lost_one(merchant: Merchant) -> None:
    merchant.shop.trouble = TransientError("the answer was lost")
    adjust_stock(merchant.hub, "p1", 4, "found", "c1")
    merchant.run()
    merchant.shop.stock["p1"] = 5  # it has not arrived yet
    adjust_stock(merchant.hub, "p1", -6, "it was not ours", "c2")
    merchant.later(seconds=30)
    assert merchant.shop.stock["p1"] == 3


@pytest.mark.parametrize("step", [2, -1])
def test_a_number_that_never_stands_still_is_overwritten_in_the_end(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    adjust_stock(merchant.hub, "p1", 20, "found", "c1")
    merchant.run()
    read = FullShop.read_stock

    def read_and_move(shop: FullShop, listings: Any) -> Any:
        shop.stock["p1"] = (shop.stock["p1"] or 0) + step
        return read(shop, listings)

    monkeypatch.setattr(FullShop, "read_stock", read_and_move)
    adjust_stock(merchant.hub, "p1", 1, "found", "c2")
    for _ in range(8):
        merchant.shop.orders.append([])
        merchant.later(seconds=6)
    assert "set p1=26" in merchant.shop.diary and merchant.shop.stock["p1"] == 26
    assert sum(line.startswith("read stock") for line in merchant.shop.diary) < 12
