"""An older copy of the database is noticed, whatever the clocks say."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.store import life, tables
from hub.store.life import COUNT, forget_restored, give_sign, notice_restored, restored_at
from hub.store.unit_of_work import Store


@pytest.fixture
def file(sqlite_store: Store) -> Path:
    return Path(str(sqlite_store.engines.write.url.database))


def backed_up(file: Path, copy: Path) -> None:
    here, there = sqlite3.connect(file), sqlite3.connect(copy)
    here.backup(there)
    here.close()
    there.close()


def put_back(store: Store, file: Path, copy: Path) -> None:
    store.engines.dispose()
    for old in file.parent.glob(f"{file.name}-*"):
        old.unlink()
    shutil.copyfile(copy, file)


def test_a_database_that_was_only_idle_is_the_one_that_was_at_work(sqlite_store: Store) -> None:
    assert [notice_restored(sqlite_store) for _ in range(3)] == [False, False, False]


def test_an_older_copy_is_noticed_and_stays_so_until_it_is_reconciled(
    sqlite_store: Store, file: Path, tmp_path: Path
) -> None:
    notice_restored(sqlite_store)
    backed_up(file, tmp_path / "copy")
    give_sign(sqlite_store)
    put_back(sqlite_store, file, tmp_path / "copy")
    assert notice_restored(sqlite_store)
    assert notice_restored(sqlite_store), "starting again is no reconciliation"
    with sqlite_store.unit_of_work() as unit:
        assert restored_at(unit.connection) == unit.now
        forget_restored(unit)
    assert not notice_restored(sqlite_store)


def test_a_database_without_the_file_that_knows_it_is_not_trusted(
    sqlite_store: Store, file: Path
) -> None:
    notice_restored(sqlite_store)
    file.with_name(f"{file.name}.life").unlink()
    assert notice_restored(sqlite_store)


@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_crash_while_a_sign_is_given_is_no_restored_copy(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    notice_restored(sqlite_store)
    real, calls = life._write, []

    def write(file: Path, text: str) -> None:
        calls.append(text)
        if len(calls) == dies_at:
            raise KeyboardInterrupt
        real(file, text)

    with monkeypatch.context() as crash, pytest.raises(KeyboardInterrupt):
        crash.setattr(life, "_write", write)
        give_sign(sqlite_store)
    assert not notice_restored(sqlite_store)


@pytest.fixture
def hosts(postgres_store: Store, tmp_path: Path) -> list[Store]:
    """The same database server as two hosts use it, each with a folder of its own."""
    one = postgres_store
    folders = (tmp_path / "one", tmp_path / "two")
    return [Store(one.engines, one.clock, one.keyring, home=folder) for folder in folders]


def signs(store: Store) -> int:
    with store.reading() as database:
        value = database.execute(
            select(tables.hub.c.value).where(tables.hub.c.name == COUNT)
        ).scalar_one()
    return int(value)


def restored(store: Store, count: int) -> None:
    """Put an older copy in place: all that is told of it here is how many signs it knows."""
    with store.unit_of_work() as unit:
        unit.execute(tables.hub.update().where(tables.hub.c.name == COUNT).values(value=str(count)))


def test_hosts_of_one_server_take_turns_and_nothing_is_amiss(hosts: list[Store]) -> None:
    one, two = hosts
    assert not any(notice_restored(store) for store in (one, two, two, one, one))
    give_sign(two)
    assert signs(one) == 6


def test_an_older_copy_on_a_server_is_noticed_by_who_saw_more(hosts: list[Store]) -> None:
    one, two = hosts
    for _ in range(3):
        give_sign(two)
    restored(one, 2)
    assert not notice_restored(one), "a host that is new here has seen nothing"
    restored(one, 2)
    assert notice_restored(two) and signs(two) == 4
    assert notice_restored(one), "what one of them noticed holds for all"
    with one.unit_of_work() as unit:
        forget_restored(unit)
    assert not notice_restored(two) and not notice_restored(one)


def test_a_copy_put_in_place_while_the_hub_runs_is_noticed_by_its_next_sign(
    hosts: list[Store],
) -> None:
    one, _ = hosts
    give_sign(one)
    give_sign(one)
    restored(one, 0)
    give_sign(one)
    with one.reading() as database:
        assert restored_at(database) is not None


def test_a_server_used_without_a_folder_is_not_compared(postgres_store: Store) -> None:
    assert not notice_restored(postgres_store)
