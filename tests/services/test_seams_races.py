"""Two people at the same box, two orders for the same items: everybody finishes, nothing twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Timer
from time import sleep
from typing import Any

import pytest

from hub.domain.reconcile import MOVED
from hub.records.order import HoldReason
from hub.services.orders.holds import place_hold
from hub.services.shipping.handover import hand_over
from hub.services.stock.publish import stock_moved
from hub.services.warehouse import batches, packing
from hub.services.warehouse.batches import FloorError
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.unit_of_work import Store
from tests.services.flooring import BY, FloorMerchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows

on_postgres = pytest.mark.parametrize("store", ["postgres"], indirect=True)
"""Where two units run at the same time; on SQLite one waits for the other from the start."""


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Iterator[FloorMerchant]:
    made = FloorMerchant(store, clock)
    yield made
    made.books_are_right()


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all of these at the same time; give what each gave, or the refusal it met."""
    start = Barrier(len(deeds))

    def one(deed: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return deed()
        except FloorError as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def test_the_last_unit_is_put_into_the_box_once(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 1})
    (work,) = merchant.works()
    said = at_once(*[lambda: packing.scan(merchant.hub, work, "p1", 1)] * 3)
    assert sorted(map(type, said), key=str) == sorted([int, FloorError, FloorError], key=str)
    assert [row.packed for row in all_rows(merchant.store, tables.allocation)] == [1]


def test_two_people_who_close_the_same_box_owe_one_label(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 1})
    (work,) = merchant.works()
    packing.scan(merchant.hub, work, "p1", 1)
    at_once(*[lambda: packing.close_boxes(merchant.hub, work, "", BY)] * 3)
    merchant.run()
    assert merchant.labels() == ["L1"] and len(merchant.parcels()) == 1


@on_postgres
def test_a_box_closed_while_its_order_begins_anew_is_taken_back(
    merchant: FloorMerchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 2})
    (work,) = merchant.works()
    packing.pack_unchecked(merchant.hub, work)
    looked, go = Event(), Event()
    boxes = packing.plan_boxes

    def slowly(*given: Any) -> Any:
        looked.set()
        assert go.wait(10)
        return boxes(*given)

    monkeypatch.setattr(packing, "plan_boxes", slowly)
    with ThreadPoolExecutor(2) as pool:
        closing = pool.submit(packing.close_boxes, merchant.hub, work, "", BY)
        assert looked.wait(10)
        order = merchant.order()
        with merchant.store.unit_of_work() as unit:
            place_hold(unit, order.id, HoldReason.CHANGED, MOVED, by="sync")
            owe(unit, "rework_order", order.id)
        Timer(0.3, go.set).start()  # by then the rework waits for the box, or is over
        reworking = pool.submit(merchant.run)
        closing.result(20)
        reworking.result(20)
    merchant.later(hours=1)
    assert not merchant.holds(), merchant.why()
    assert len(merchant.labels()) <= 1 and merchant.lines()["1"].allocated == 2


@on_postgres
@pytest.mark.parametrize("shipped", [False, True])
def test_who_moves_units_takes_the_promise_before_the_place(
    merchant: FloorMerchant, shipped: bool
) -> None:
    """Whoever took the place first would wait in a circle with those who keep to the law."""
    merchant.says(lines={"1": 1})
    (work,), (parcel,) = merchant.works(), merchant.parcels()
    item = merchant.lines()["1"].stock_item_id

    def other() -> None:
        if shipped:
            hand_over(merchant.hub, parcel.id)
            return
        with merchant.store.unit_of_work() as unit:
            ledger.unallocate(unit, work)
            raise InterruptedError

    with ThreadPoolExecutor(1) as pool:
        with merchant.store.unit_of_work() as unit:
            ledger.lock_promises(unit, [item])
            moving = pool.submit(other)
            sleep(0.3)  # by now it waits for the promise
            ledger.adjust(unit, item, "main", 1, "found", "one more")
            stock_moved(unit, [item])
        assert isinstance(moving.exception(10), type(None) if shipped else InterruptedError)
    merchant.run()
    assert merchant.free() == 5


def test_two_people_who_plan_at_once_do_not_fetch_the_same(merchant: FloorMerchant) -> None:
    merchant.says(lines={"1": 1})
    merchant.says("8", lines={"1": 1})
    plan = partial(batches.plan_batch, merchant.hub, "main", 1, 100, BY)
    numbers = at_once(plan, plan, plan)
    assert sorted(map(str, numbers)) == ["B-1001", "B-1002", "None"]
