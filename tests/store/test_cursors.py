"""Cursors: they move with the page, and remember that a walk was complete."""

import pytest

from hub.store.cursors import Cursor, forget_cursor, get_cursor, set_cursor
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.shop_rows import connect


def read(store: Store, shop: str, stream: str = "orders") -> Cursor | None:
    with store.reading() as database:
        return get_cursor(database, shop, stream)


def move(store: Store, shop: str, position: str, complete: bool = False) -> None:
    with store.unit_of_work() as unit:
        set_cursor(unit, shop, "orders", position, complete)


def test_before_the_first_page_there_is_no_cursor(store: Store) -> None:
    assert read(store, connect(store)) is None


def test_a_walk_that_was_complete_once_stays_so_while_it_goes_on(
    store: Store, clock: SettableClock
) -> None:
    shop = connect(store)
    move(store, shop, "page-1")
    assert read(store, shop) == Cursor("page-1", None, clock.now)
    move(store, shop, "page-2", complete=True)
    first = clock.now
    clock.advance(60)
    move(store, shop, "page-3")
    assert read(store, shop) == Cursor("page-3", first, clock.now)
    move(store, shop, "page-4", complete=True)
    assert read(store, shop) == Cursor("page-4", clock.now, clock.now)


def test_each_stream_of_each_connection_stands_for_itself(store: Store) -> None:
    shop, other = connect(store), connect(store, "LON")
    move(store, shop, "page-1")
    assert read(store, shop, "products") is None
    assert read(store, other) is None


def test_a_forgotten_cursor_starts_from_the_beginning(store: Store) -> None:
    shop = connect(store)
    move(store, shop, "page-9", complete=True)
    with store.unit_of_work() as unit:
        forget_cursor(unit, shop, "orders")
    assert read(store, shop) is None


def test_a_cursor_is_undone_with_its_page(store: Store) -> None:
    shop = connect(store)
    with pytest.raises(ZeroDivisionError), store.unit_of_work() as unit:
        set_cursor(unit, shop, "orders", "page-1", complete=True)
        raise ZeroDivisionError
    assert read(store, shop) is None
