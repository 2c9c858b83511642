"""A store on SQLite and the same on PostgreSQL, with a clock that a test can set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.store import tables
from hub.store.engine import Engines, open_engines
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Store

KEYRING = Keyring({1: b"k" * 32})


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SettableClock:
    """The clock of `store`."""
    return SettableClock()


@pytest.fixture
def sqlite_store(tmp_path: Path, clock: SettableClock) -> Iterator[Store]:
    """A store on an empty SQLite file."""
    engines = open_engines(f"sqlite:///{tmp_path / 'hub.db'}")
    tables.METADATA.create_all(engines.write)
    yield Store(engines, clock, KEYRING)
    engines.dispose()


@pytest.fixture(scope="session")
def _postgres_engines(postgres: str) -> Iterator[Engines]:
    engines = open_engines(postgres)
    tables.METADATA.create_all(engines.write)
    yield engines
    engines.dispose()


@pytest.fixture
def postgres_store(_postgres_engines: Engines, clock: SettableClock) -> Store:
    """A store on a PostgreSQL database whose tables are empty."""
    names = ", ".join(f'"{table.name}"' for table in tables.METADATA.sorted_tables)
    with _postgres_engines.write.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} CASCADE")
    return Store(_postgres_engines, clock, KEYRING)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on SQLite and once on PostgreSQL."""
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made
