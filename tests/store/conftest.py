"""A store on SQLite and the same on PostgreSQL, with a clock that a test can set."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from hub.store import tables
from hub.store.engine import Engines, open_engines
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Store
from hub.testing.reopened import borrow, give_back
from tests.conftest import DATABASES
from tests.emptied import Emptied

_emptied = cache(Emptied)
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


@cache
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="hub-empty-") as folder:
        file = Path(folder) / "hub.db"
        engines = open_engines(f"sqlite:///{file}")
        tables.METADATA.create_all(engines.write)
        engines.dispose()
        return file.read_bytes()


@pytest.fixture
def sqlite_store(tmp_path: Path, clock: SettableClock) -> Iterator[Store]:
    """A store on a SQLite file, `hub.db` in the test's folder, whose tables are empty."""
    (tmp_path / "hub.db").write_bytes(_empty_file())
    engines = borrow(tmp_path / "hub.db")
    yield Store(engines, clock, KEYRING)
    give_back(engines)


@pytest.fixture(scope="session")
def _postgres_engines(postgres: str) -> Iterator[Engines]:
    engines = open_engines(postgres)
    tables.METADATA.create_all(engines.write)
    yield engines
    engines.dispose()


@pytest.fixture
def postgres_store(_postgres_engines: Engines, postgres: str, clock: SettableClock) -> Store:
    """A store on a PostgreSQL database whose tables are empty."""
    _emptied(postgres).again()
    return Store(_postgres_engines, clock, KEYRING)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on SQLite and once on PostgreSQL."""
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made
