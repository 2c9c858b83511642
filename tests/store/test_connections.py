"""Connections: one for each code and account, secrets never in clear, every change fenced."""

from pathlib import Path

import pytest

from hub.records.connection import Account, ConnectionState, Family
from hub.store import tables
from hub.store.connections import (
    Connected,
    DuplicateConnectionError,
    UnknownConnectionError,
    find_by_hook_token,
    get_connection,
    list_connections,
    mark_books_opened,
    open_secrets,
    replace_secrets,
    set_state,
    set_writes,
)
from hub.store.sealing import Keyring, SealError
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING
from tests.store.shop_rows import connect, one_row

SECRET = "cs_hunter2"


def read(store: Store, code: str = "NYC") -> Connected:
    with store.reading() as database:
        return get_connection(database, code)


def secrets(store: Store, connection_id: str, keyring: Keyring = KEYRING) -> dict[str, str]:
    with store.reading() as database:
        return open_secrets(database, keyring, connection_id)


def test_a_new_connection_only_reads_and_is_found_by_code_id_and_hook(store: Store) -> None:
    shop = connect(store)
    one = read(store)
    assert (one.id, one.state, one.writes, one.epoch) == (shop, ConnectionState.ACTIVE, False, 1)
    assert one.account.currency == "USD"
    assert read(store, shop) == one
    with store.reading() as database:
        assert find_by_hook_token(database, one.hook_token) == one
        assert find_by_hook_token(database, "guess") is None
        assert list_connections(database, Family.CARRIER) == []
        assert list_connections(database) == [one]


def test_an_unknown_connection_is_named_in_the_error(store: Store) -> None:
    with pytest.raises(UnknownConnectionError, match="no connection LON"):
        read(store, "LON")


def test_secrets_come_back_with_the_key_and_not_without_it(store: Store) -> None:
    shop = connect(store)
    assert secrets(store, shop) == {"key": SECRET}
    with pytest.raises(SealError):
        secrets(store, shop, Keyring({1: b"x" * 32}))


def test_no_secret_stands_in_the_files_of_the_database(sqlite_store: Store, tmp_path: Path) -> None:
    connect(sqlite_store)
    files = [file for file in tmp_path.iterdir() if file.name.startswith("hub.db")]
    content = b"".join(file.read_bytes() for file in files)
    assert b"NYC.example" in content
    assert SECRET.encode() not in content


def test_no_secret_stands_in_a_row_or_in_what_is_read(store: Store) -> None:
    connect(store)
    row = one_row(store, tables.connection)
    assert SECRET not in repr(tuple(row)) and SECRET.encode() not in row.sealed_secrets
    assert SECRET not in repr(read(store))


def test_sealed_secrets_do_not_open_for_another_connection(store: Store) -> None:
    nyc, lon = connect(store), connect(store, "LON")
    stolen = one_row(store, tables.connection, id=nyc)
    with store.unit_of_work() as unit:
        rows = tables.connection
        unit.execute(
            rows.update()
            .where(rows.c.id == lon)
            .values(sealed_secrets=stolen.sealed_secrets, wrapped_key=stolen.wrapped_key)
        )
    with pytest.raises(SealError):
        secrets(store, lon)


def test_a_code_is_taken_once(store: Store) -> None:
    connect(store)
    with pytest.raises(DuplicateConnectionError, match="NYC is taken"):
        connect(store, account=Account(id="https://other.example", title="Other"))


def test_an_account_is_connected_once(store: Store) -> None:
    account = Account(id="https://shop.example", title="Shop")
    connect(store, account=account)
    with pytest.raises(DuplicateConnectionError, match="connected already, as NYC"):
        connect(store, "LON", account=account)
    connect(store, "PAY", account=account, connector="offline", family=Family.PAYMENTS)


def test_only_the_first_shop_is_the_stock_master(store: Store) -> None:
    connect(store, "UPS", family=Family.CARRIER, connector="flatrate")
    connect(store, "NYC")
    connect(store, "LON")
    masters = {code: read(store, code).stock_master for code in ("UPS", "NYC", "LON")}
    assert masters == {"UPS": False, "NYC": True, "LON": False}


def test_every_change_of_state_writes_or_secrets_moves_the_epoch_and_a_repeat_does_not(
    store: Store,
) -> None:
    shop = connect(store)
    epochs = []
    for change in (
        lambda unit: set_state(unit, shop, ConnectionState.PAUSED, "asked to"),
        lambda unit: set_state(unit, shop, ConnectionState.PAUSED, "asked again"),
        lambda unit: set_writes(unit, shop, True),
        lambda unit: set_writes(unit, shop, True),
        lambda unit: replace_secrets(unit, shop, {"key": "cs_new"}),
    ):
        with store.unit_of_work() as unit:
            change(unit)
        epochs.append(read(store).epoch)
    assert epochs == [2, 2, 3, 3, 4]
    assert (read(store).state, read(store).reason) == (ConnectionState.PAUSED, "asked to")
    assert secrets(store, shop) == {"key": "cs_new"}


def test_books_are_opened_once(store: Store) -> None:
    shop = connect(store)
    with store.unit_of_work() as unit:
        assert mark_books_opened(unit, shop)
        assert not mark_books_opened(unit, shop)
    assert read(store).books_opened_at == store.clock()
