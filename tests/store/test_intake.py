"""Intake: one webhook once, one unreadable record once, and nothing of either in clear."""

from pathlib import Path

import pytest

from hub.store import tables
from hub.store.intake import (
    Arrival,
    Problem,
    add_to_inbox,
    finish_inbox_item,
    get_inbox_item,
    keep_aside,
    open_kept,
    resolve_kept,
)
from hub.store.sealing import Keyring, SealError
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING
from tests.store.shop_rows import all_rows, connect, one_row

BODY = b'{"id": 7, "email": "ada@example.com"}'
BAD = Problem(b"digest-1", BODY, "line_items: no quantity", "7")


def receive(store: Store, shop: str, dedupe: str = "delivery-1", deleted: bool = False):  # type: ignore[no-untyped-def]
    with store.unit_of_work() as unit:
        arrival = Arrival(shop, dedupe, "order.updated", "order", "7", deleted, BODY)
        return add_to_inbox(unit, [arrival])[0]


def finish(store: Store, item_id: str) -> None:
    with store.reading() as database:
        item = get_inbox_item(database, item_id)
    with store.unit_of_work() as unit:
        finish_inbox_item(unit, item, "done")


def keep(store: Store, shop: str, *problems: Problem) -> None:
    with store.unit_of_work() as unit:
        keep_aside(unit, shop, "order", problems)


def test_a_second_delivery_of_the_same_webhook_is_not_kept(store: Store) -> None:
    shop = connect(store)
    first = receive(store, shop)
    assert first is not None
    assert receive(store, shop) is None
    finish(store, first)
    assert receive(store, shop) is None


def test_the_same_key_from_another_shop_is_another_webhook(store: Store) -> None:
    assert receive(store, connect(store))
    assert receive(store, connect(store, "LON"))


def test_a_webhook_tells_what_it_is_about_and_what_became_of_it(store: Store) -> None:
    shop = connect(store)
    item_id = receive(store, shop)
    with store.reading() as database:
        item = get_inbox_item(database, item_id)
    assert (item.kind, item.external_id, item.topic, item.state) == (
        "order", "7", "order.updated", "new",
    )  # fmt: skip
    finish(store, item_id)
    assert one_row(store, tables.inbox).state == "done"
    assert one_row(store, tables.inbox).processed_at == store.clock()


def test_a_delete_is_kept_once_while_it_waits_and_anew_once_it_was_processed(store: Store) -> None:
    shop = connect(store)
    first = receive(store, shop, deleted=True)
    assert receive(store, shop, deleted=True) is None
    finish(store, first)
    second = receive(store, shop, deleted=True)
    assert second is not None
    finish(store, second)
    assert len(all_rows(store, tables.inbox)) == 2


def test_a_record_nobody_understood_is_kept_sealed_and_opens_with_the_key(store: Store) -> None:
    shop = connect(store)
    keep(store, shop, BAD)
    kept = one_row(store, tables.quarantine)
    assert (kept.state, kept.seen, kept.reason) == ("open", 1, BAD.reason)
    with store.reading() as database:
        assert open_kept(database, KEYRING, kept.id) == (shop, "order", BODY)
        with pytest.raises(SealError):
            open_kept(database, Keyring({1: b"x" * 32}), kept.id)


def test_the_same_bytes_again_only_count_one_more(store: Store) -> None:
    shop = connect(store)
    keep(store, shop, BAD, BAD)
    keep(store, shop, BAD)
    assert one_row(store, tables.quarantine).seen == 3


def test_a_kept_record_closes_when_it_has_landed_and_the_others_do_not(store: Store) -> None:
    shop = connect(store)
    nameless = Problem(b"digest-2", b"<html>", "not JSON")
    keep(store, shop, BAD, nameless)
    with store.unit_of_work() as unit:
        assert resolve_kept(unit, shop, "listing", ["7"]) == 0
        assert resolve_kept(unit, shop, "order", []) == 0
        assert resolve_kept(unit, shop, "order", ["6", "7"]) == 1
        assert resolve_kept(unit, shop, "order", ["7"]) == 0
    states = {row.external_id: row.state for row in all_rows(store, tables.quarantine)}
    assert states == {"7": "auto_resolved", None: "open"}


def test_a_reason_is_cut_to_what_fits_a_list(store: Store) -> None:
    keep(store, connect(store), Problem(b"d", b"", "x" * 2000))
    assert len(one_row(store, tables.quarantine).reason) == 500


def test_no_body_stands_in_the_files_of_the_database(sqlite_store: Store, tmp_path: Path) -> None:
    shop = connect(sqlite_store)
    receive(sqlite_store, shop)
    keep(sqlite_store, shop, BAD)
    files = [file for file in tmp_path.iterdir() if file.name.startswith("hub.db")]
    content = b"".join(file.read_bytes() for file in files)
    assert b"delivery-1" in content
    assert b"ada@example.com" not in content
