"""The ledgers under everything at once: any interleaving, and many buyers of the last units."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store import tables
from hub.store.ledger import (
    Placement,
    StockConflictError,
    adjust,
    allocate,
    consume_reservation,
    release,
    reserve,
    ship,
    unallocate,
)
from hub.store.unit_of_work import Store
from tests.store.shop_rows import add_item, add_lines, add_place, add_work, connect, one_row
from tests.store.stock_books import audit

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "release", "route", "ship", "take back", "adjust"]),
        st.integers(0, 2), st.integers(-4, 4),
    ),
    max_size=14,
)  # fmt: skip


class Story:
    """Three lines of one item at one place, and what may be tried with them."""

    def __init__(self, store: Store, shop: str, place: str) -> None:
        self.store, self.place = store, place
        self.item = add_item(store, place, 5)
        self.lines = add_lines(store, shop, self.item, 4, 4, 4)
        self.work = [add_work(store, line, place) for line in self.lines]
        self.commands = 0

    def line(self, number: int):  # type: ignore[no-untyped-def]
        return one_row(self.store, tables.order_line, id=self.lines[number])

    def free(self) -> int:
        row = one_row(self.store, tables.stock_promise, stock_item_id=self.item)
        return int(row.sellable - row.reserved - row.allocated)

    def reserve(self, number: int, units: int) -> None:
        line = self.line(number)
        if line.reserved or not 0 < units <= 4 - line.allocated - line.shipped:
            return
        enough = units <= self.free()
        with self.store.unit_of_work() as unit:
            assert reserve(unit, line.id, self.item, units, None) == enough

    def release(self, number: int, units: int) -> None:
        held = self.line(number).reserved > 0
        with self.store.unit_of_work() as unit:
            assert (release(unit, self.lines[number]) == self.item) == held

    def route(self, number: int, units: int) -> None:
        line = self.line(number)
        if line.reserved:
            placement = Placement(line.id, self.item, self.place, line.reserved)
            try:
                with self.store.unit_of_work() as unit:
                    allocate(unit, placement, self.work[number], True)
                    consume_reservation(unit, line.id)
            except StockConflictError:
                assert self.free() < 0

    def ship(self, number: int, units: int) -> None:
        held = self.line(number).allocated
        with self.store.unit_of_work() as unit:
            assert ship(unit, self.work[number], f"shipment-{number}") == held

    def take_back(self, number: int, units: int) -> None:
        with self.store.unit_of_work() as unit:
            unallocate(unit, self.work[number])
        assert self.line(number).allocated == 0

    def adjust(self, number: int, units: int) -> None:
        self.commands += 1
        level = one_row(self.store, tables.stock_level, stock_item_id=self.item)
        try:
            with self.store.unit_of_work() as unit:
                adjust(unit, self.item, self.place, units, f"{self.item}:{self.commands}", "")
        except StockConflictError:
            assert level.on_hand + units < level.allocated


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_books_agree_after_every_step_of_any_story(
    store: Store, steps: list[tuple[str, int, int]]
) -> None:
    with store.reading() as database:
        known = database.execute(tables.connection.select()).first()
    shop = known.id if known else connect(store)
    place = "main" if known else add_place(store)
    story = Story(store, shop, place)
    for verb, number, units in steps:
        getattr(story, verb.replace(" ", "_"))(number, units)
        audit(store, story.item)
        level = one_row(store, tables.stock_level, stock_item_id=story.item)
        assert 0 <= level.allocated <= level.on_hand


def at_once(*works: Callable[[], None]) -> list[BaseException]:
    """Run all of these at the same moment, each in a thread of its own; give what they raised."""
    start, raised = Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], None]) -> None:
        start.wait()
        try:
            work()
        except BaseException as error:  # handed to the test
            raised.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_of_eight_buyers_of_the_last_five_units_exactly_five_get_one(store: Store) -> None:
    shop, place = connect(store), add_place(store)
    item = add_item(store, place, 5)
    lines = add_lines(store, shop, item, *[1] * 8)
    granted: list[str] = []

    def buy(line: str) -> None:
        with store.unit_of_work() as unit:
            got = reserve(unit, line, item, 1, None)
        if got:
            granted.append(line)

    assert at_once(*[lambda line=line: buy(line) for line in lines]) == []
    assert len(granted) == 5
    audit(store, item)


def test_of_eight_orders_routed_at_once_the_place_serves_what_it_has(store: Store) -> None:
    shop, place, spare = connect(store), add_place(store), add_place(store, "SPARE")
    item = add_item(store, place, 5)
    with store.unit_of_work() as unit:
        adjust(unit, item, spare, 3, "spare", "")
    lines = add_lines(store, shop, item, *[1] * 8)
    works = [add_work(store, line, place) for line in lines]
    for line in lines:
        with store.unit_of_work() as unit:
            assert reserve(unit, line, item, 1, None)

    def route(line: str, work: str) -> None:
        with store.unit_of_work() as unit:
            allocate(unit, Placement(line, item, place, 1), work, True)
            consume_reservation(unit, line)

    raised = at_once(*[lambda n=n: route(lines[n], works[n]) for n in range(8)])
    assert [type(error) for error in raised] == [StockConflictError] * 3
    audit(store, item)


def test_one_command_given_eight_times_at_once_moves_units_once(store: Store) -> None:
    connect(store)
    place = add_place(store)
    item = add_item(store, place, 0)

    def scan() -> None:
        with store.unit_of_work() as unit:
            adjust(unit, item, place, 7, "scan-1", "")

    for error in at_once(*[scan] * 8):  # the database refuses the one that came too close
        with pytest.raises(Exception, match="(?i)unique|duplicate"):
            raise error
    assert one_row(store, tables.stock_promise, stock_item_id=item).sellable == 7
    audit(store, item)
