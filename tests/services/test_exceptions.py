"""Operational exceptions: one ticket each, counted when they come again, closed when repaired."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.records.ticket import ExceptionKind, Link, Severity
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import tables
from hub.store.ids import new_id
from hub.store.tickets import find_ticket, links_of
from hub.store.unit_of_work import Store
from tests.store.shop_rows import add_lines, all_rows, connect, one_row

LOST = ExceptionKind.PARCEL_LOST


def lose(store: Store, parcel: str = "parcel", order_id: str | None = None) -> str:
    with store.unit_of_work() as unit:
        return open_exception(unit, LOST, parcel, f"{parcel} is lost", order_id)


def find_again(store: Store, parcel: str = "parcel") -> bool:
    with store.unit_of_work() as unit:
        return close_exception(unit, LOST, parcel, "it was delivered after all")


def test_an_exception_opens_one_ticket_however_often_it_is_seen(store: Store) -> None:
    first, second = lose(store), lose(store)
    assert first == second
    row = one_row(store, tables.operational_exception)
    assert (row.times, row.state) == (2, "open")
    assert one_row(store, tables.ticket).id == row.ticket_id


def test_a_repaired_exception_closes_its_ticket_by_itself(store: Store) -> None:
    lose(store)
    assert find_again(store)
    assert not find_again(store)
    assert one_row(store, tables.operational_exception).state == "auto_resolved"
    assert one_row(store, tables.ticket).state == "closed"


def test_what_happens_again_after_its_repair_is_a_new_matter(store: Store) -> None:
    lose(store)
    find_again(store)
    lose(store)
    assert len(all_rows(store, tables.operational_exception)) == 2
    assert sorted(row.number for row in all_rows(store, tables.ticket)) == [1001, 1002]


def test_a_ticket_of_a_parcel_is_tied_to_its_order_and_as_urgent_as_the_matter(
    store: Store,
) -> None:
    add_lines(store, connect(store), None, 1)
    order = one_row(store, tables.sales_order)
    with store.unit_of_work() as unit:
        open_exception(unit, LOST, "parcel", "gone", order.id, Severity.CRITICAL)
    with store.reading() as database:
        ticket = find_ticket(database, "T-1001")
        assert ticket.priority == "urgent"
        assert links_of(database, ticket.id) == [(Link.ORDER, order.id), (Link.PARCEL, "parcel")]


def test_a_question_of_the_customer_keeps_the_ticket_open_after_the_repair(store: Store) -> None:
    lose(store)
    ticket = one_row(store, tables.ticket)
    with store.unit_of_work() as unit:
        unit.execute(
            tables.ticket_message.insert().values(
                id=new_id(), ticket_id=ticket.id, direction="in", sent_at=unit.now,
                recorded_at=unit.now,
            )
        )  # fmt: skip
    find_again(store)
    assert one_row(store, tables.operational_exception).state == "auto_resolved"
    assert one_row(store, tables.ticket).state == "new"


@pytest.mark.parametrize("again", range(3))
def test_two_who_see_the_same_at_once_open_one_ticket(store: Store, again: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = {done.result() for done in [pool.submit(lose, store) for _ in range(2)]}
    assert len(made) == 1
    assert one_row(store, tables.operational_exception).times == 2
    assert len(all_rows(store, tables.ticket)) == 1
