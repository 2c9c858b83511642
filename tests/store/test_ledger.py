"""The ledgers of stock, one verb at a time."""

from datetime import timedelta

import pytest

from hub.records.stock import MovementKind
from hub.store import tables
from hub.store.ledger import (
    Placement,
    StockConflictError,
    account,
    adjust,
    allocate,
    consume_reservation,
    issue_elsewhere,
    release,
    reserve,
    ship,
    unallocate,
)
from hub.store.unit_of_work import Store
from tests.store.shop_rows import add_item, add_lines, add_place, add_work, connect, one_row
from tests.store.stock_books import audit, balance


class Stock:
    """A shop with one place and one item, and short ways to move its units."""

    def __init__(self, store: Store, units: int, tracked: bool = True) -> None:
        self.store = store
        self.shop = connect(store)
        self.place = add_place(store)
        self.item = add_item(store, self.place, units, tracked)

    def line(self, quantity: int) -> str:
        return add_lines(self.store, self.shop, self.item, quantity)[0]

    def reserved(self, line: str, quantity: int) -> bool:
        with self.store.unit_of_work() as unit:
            return reserve(unit, line, self.item, quantity, None)

    def allocated(self, line: str, quantity: int) -> str:
        work = add_work(self.store, line, self.place)
        placement = Placement(line, self.item, self.place, quantity)
        with self.store.unit_of_work() as unit:
            allocate(unit, placement, work, one_row(self.store, tables.stock_promise).tracked)
            consume_reservation(unit, line)
        return work

    def adjusted(self, delta: int, command: str = "c1") -> bool:
        with self.store.unit_of_work() as unit:
            return adjust(unit, self.item, self.place, delta, command, "counted")

    @property
    def promise(self) -> tuple[int, int, int]:
        row = one_row(self.store, tables.stock_promise, stock_item_id=self.item)
        return row.sellable, row.reserved, row.allocated

    @property
    def level(self) -> tuple[int, int]:
        row = one_row(self.store, tables.stock_level, stock_item_id=self.item)
        return row.on_hand, row.allocated


@pytest.fixture
def five(store: Store) -> Stock:
    return Stock(store, 5)


def test_an_adjustment_moves_units_between_two_accounts(five: Stock) -> None:
    assert five.adjusted(-2)
    assert (five.promise, five.level) == ((3, 0, 0), (3, 0))
    assert balance(five.store, five.item) == {account(five.place): 3, "adjustment": -3}
    move = one_row(five.store, tables.stock_movement, command_id="c1")
    assert (move.quantity, move.kind, move.reason) == (2, MovementKind.ADJUST, "counted")


def test_the_same_command_moves_units_once(five: Stock) -> None:
    assert five.adjusted(3, "scan-7")
    assert not five.adjusted(3, "scan-7")
    assert not five.adjusted(99, "scan-7")
    assert five.promise == (8, 0, 0)


def test_an_adjustment_by_nothing_is_none(five: Stock) -> None:
    assert not five.adjusted(0)


def test_more_than_is_there_cannot_be_removed(five: Stock) -> None:
    with pytest.raises(StockConflictError):
        five.adjusted(-6)
    assert (five.promise, five.level) == ((5, 0, 0), (5, 0))


def test_what_is_allocated_cannot_be_removed(five: Stock) -> None:
    line = five.line(4)
    five.reserved(line, 4)
    five.allocated(line, 4)
    with pytest.raises(StockConflictError):
        five.adjusted(-2)
    assert five.adjusted(-1)
    audit(five.store, five.item)


def test_a_promise_is_given_while_there_is_enough_and_then_not_at_all(five: Stock) -> None:
    assert five.reserved(five.line(3), 3)
    assert not five.reserved(five.line(3), 3)
    assert five.reserved(five.line(2), 2)
    assert five.promise == (5, 5, 0)
    audit(five.store, five.item)


def test_a_released_promise_is_free_for_the_next(five: Stock) -> None:
    line = five.line(5)
    five.reserved(line, 5)
    with five.store.unit_of_work() as unit:
        assert release(unit, line) == five.item
        assert release(unit, line) is None
    assert one_row(five.store, tables.reservation).state == "released"
    assert five.reserved(five.line(5), 5)
    audit(five.store, five.item)


def test_an_expired_promise_says_so(five: Stock) -> None:
    line = five.line(1)
    with five.store.unit_of_work() as unit:
        reserve(unit, line, five.item, 1, unit.now + timedelta(minutes=60))
        release(unit, line, "expired")
    assert one_row(five.store, tables.reservation).state == "expired"
    assert five.promise == (5, 0, 0)


def test_units_promised_later_join_the_one_promise_of_their_line(five: Stock) -> None:
    line = five.line(4)
    five.reserved(line, 2)
    five.reserved(line, 1)
    assert one_row(five.store, tables.reservation).quantity == 3
    with pytest.raises(Exception, match=r"(?i)check"):
        five.reserved(line, 2)  # two who looked at the same time: the line wants one more
    assert five.promise == (5, 3, 0)
    audit(five.store, five.item)


def test_allocating_turns_a_promise_into_units_at_a_place(five: Stock) -> None:
    line = five.line(3)
    five.reserved(line, 3)
    five.allocated(line, 3)
    assert (five.promise, five.level) == ((5, 0, 3), (5, 3))
    assert one_row(five.store, tables.reservation).state == "consumed"
    audit(five.store, five.item)


def test_a_place_that_no_longer_has_the_units_is_a_conflict_that_changes_nothing(
    store: Store,
) -> None:
    two = Stock(store, 2)
    elsewhere = add_place(store, "B")
    with store.unit_of_work() as unit:
        adjust(unit, two.item, elsewhere, 2, "more", "")
    line = two.line(3)
    two.reserved(line, 3)
    with pytest.raises(StockConflictError):
        two.allocated(line, 3)
    assert two.promise == (4, 3, 0)
    audit(store, two.item)


def test_handing_over_moves_units_to_the_customer_once(five: Stock) -> None:
    line = five.line(3)
    five.reserved(line, 3)
    work = five.allocated(line, 3)
    with five.store.unit_of_work() as unit:
        assert ship(unit, work, "shipment-1") == 3
        assert ship(unit, work, "shipment-1") == 0
    assert (five.promise, five.level) == ((2, 0, 0), (2, 0))
    assert balance(five.store, five.item)["customer"] == 3
    assert one_row(five.store, tables.order_line, id=line).shipped == 3
    audit(five.store, five.item)


def test_work_taken_back_frees_what_it_held_and_nothing_twice(five: Stock) -> None:
    line = five.line(3)
    five.reserved(line, 3)
    work = five.allocated(line, 3)
    with five.store.unit_of_work() as unit:
        assert unallocate(unit, work) == {five.item}
        assert unallocate(unit, work) == set()
        assert ship(unit, work, "shipment-1") == 0
    assert (five.promise, five.level) == ((5, 0, 0), (5, 0))
    audit(five.store, five.item)


def test_what_the_shop_shipped_itself_leaves_even_when_it_was_not_there(store: Store) -> None:
    one = Stock(store, 1)
    line = one.line(3)
    for _ in range(2):  # the same word twice is one fact
        with store.unit_of_work() as unit:
            issue_elsewhere(unit, line, one.item, one.place, 3, "channel:1")
    assert (one.promise, one.level) == ((-2, 0, 0), (-2, 0))
    assert one_row(store, tables.order_line, id=line).shipped == 3
    assert not one.reserved(one.line(1), 1)
    audit(store, one.item)


def test_what_nobody_counts_is_promised_without_end_and_moves_no_units(store: Store) -> None:
    uncounted = Stock(store, 0, tracked=False)
    shipped, taken_back, third = uncounted.line(900), uncounted.line(900), uncounted.line(2)
    for line in (shipped, taken_back):
        assert uncounted.reserved(line, 900)
    work, other = uncounted.allocated(shipped, 900), uncounted.allocated(taken_back, 900)
    with store.unit_of_work() as unit:
        adjust(unit, uncounted.item, uncounted.place, 1, "found-one", "a level row exists now")
    with store.unit_of_work() as unit:
        assert ship(unit, work, "shipment-1") == 900
        assert unallocate(unit, other) == {uncounted.item}
        issue_elsewhere(unit, third, uncounted.item, uncounted.place, 2, "channel:1")
    assert uncounted.promise[1:] == (0, 0)
    assert balance(store, uncounted.item)["customer"] == 0
    audit(store, uncounted.item)


def test_the_database_itself_refuses_a_negative_promise(five: Stock) -> None:
    promise = tables.stock_promise
    with pytest.raises(Exception, match="(?i)check constraint"), five.store.unit_of_work() as unit:
        unit.execute(promise.update().values(reserved=promise.c.reserved - 1))
