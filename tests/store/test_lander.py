"""The lander: whole pages in, whatever was there before."""

import pytest

from hub.store import tables
from hub.store.lander import instant_text, json_text, land, rows_by
from hub.store.unit_of_work import Store
from tests.store.shop_rows import all_rows, connect, one_row

HUB = ("name", "value")
LINK = ("connection_id", "kind", "external_id", "hub_id", "digest", "version")


def shown(store: Store) -> dict[str, str]:
    return {row.name: row.value for row in all_rows(store, tables.hub)}


def put(store: Store, *rows: tuple[str, str], keep: tuple[str, ...] = ()) -> None:
    with store.unit_of_work() as unit:
        land(unit, tables.hub, HUB, rows, keep=keep)


def test_new_rows_are_inserted_and_known_ones_updated(store: Store) -> None:
    put(store, ("a", "1"), ("b", "1"))
    put(store, ("b", "2"), ("c", "2"))
    assert shown(store) == {"a": "1", "b": "2", "c": "2"}


def test_a_kept_column_is_written_on_insert_only(store: Store) -> None:
    put(store, ("a", "1"))
    put(store, ("a", "2"), ("b", "2"), keep=("value",))
    assert shown(store) == {"a": "1", "b": "2"}


def test_landing_twice_is_landing_once(store: Store) -> None:
    page = [(f"name-{number}", str(number)) for number in range(50)]
    put(store, *page)
    before = shown(store)
    put(store, *page)
    assert shown(store) == before == dict(page)


def test_a_page_that_names_a_row_twice_keeps_the_last(store: Store) -> None:
    put(store, ("a", "1"), ("a", "2"))
    assert shown(store) == {"a": "2"}


def test_a_thousand_rows_of_every_type_land_and_are_found_again(store: Store) -> None:
    shop = connect(store)
    version = instant_text(store.clock())
    rows = [
        (shop, "order", str(number), f"hub-{number}", bytes([number % 256, 0, 255]), version)
        for number in range(1000)
    ]
    with store.unit_of_work() as unit:
        land(unit, tables.link, LINK, rows)
    with store.unit_of_work() as unit:
        numbers = [str(number) for number in range(-5, 1005)]
        found = rows_by(unit, tables.link, "external_id", numbers, connection_id=shop)
        assert rows_by(unit, tables.link, "external_id", numbers, connection_id="other") == {}
    assert len(found) == 1000
    assert found["513"].digest == bytes([1, 0, 255])


def test_no_rows_are_no_statement(store: Store) -> None:
    put(store)
    with store.unit_of_work() as unit:
        assert rows_by(unit, tables.hub, "name", []) == {}
    assert shown(store) == {}


def test_an_instant_and_a_document_land_as_the_tables_read_them(store: Store) -> None:
    columns = ("id", "subject_id", "kind", "outcome", "document", "at")
    document = {"money": 10**15, "text": "é\n'\"%s ?", "none": None}
    with store.unit_of_work() as unit:
        at = instant_text(unit.now)
        land(unit, tables.decision, columns, [("d", "s", "k", "o", json_text(document), at)])
    row = one_row(store, tables.decision)
    assert (row.document, row.at) == (document, store.clock())


def test_a_page_with_one_row_the_database_refuses_lands_nothing(store: Store) -> None:
    shop = connect(store)
    good = (shop, "order", "1", "hub-1", b"d", "v")
    orphan = ("nobody", "order", "2", "hub-2", b"d", "v")
    refused = pytest.raises(Exception, match="(?i)foreign key")  # the driver's own error
    with refused, store.unit_of_work() as unit:
        land(unit, tables.link, LINK, [good, orphan])
    assert all_rows(store, tables.link) == []
