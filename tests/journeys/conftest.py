"""A story for each journey, in memory where the machine has a folder for that.

Every story is told on SQLite and on PostgreSQL; those marked `on_sqlite` are about the one file.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.journeys.story import Story
from tests.memory import MEMORY

BROKER = os.environ.get("HUB_TEST_BROKER", "")
THROUGH = f"+{BROKER}" if BROKER else ""
PAIRS = ("sqlite+embedded", "postgres+valkey")

carried = pytest.mark.parametrize(
    "database",
    [f"{name}{THROUGH}" for name in DATABASES]
    + [pair for pair in PAIRS if not BROKER and pair.partition("+")[0] in DATABASES],
    indirect=True,
)
"""For whole stories whose jobs also travel, as messages of a real broker, to threads."""
_elsewhere = [] if "sqlite" in DATABASES else [pytest.mark.skip(reason="about the one file")]
on_sqlite = pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=_elsewhere)], indirect=True
)
"""For stories about the one file of an embedded hub."""


@contextmanager
def memory_or(disk: Path) -> Iterator[Path]:
    """Give a folder in memory. What dies here is a process and never a disk, so memory will do."""
    if MEMORY is None:
        yield disk
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="hub-journey-") as name:
        yield Path(name)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for one story."""
    with memory_or(tmp_path) as folder:
        yield folder


@pytest.fixture(params=[f"{database}{THROUGH}" for database in DATABASES])
def database(request: pytest.FixtureRequest) -> str:
    """The database a story is told on, and the broker that carries its jobs, if one does."""
    return str(request.param)


@pytest.fixture
def story(folder: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Story]:
    """A hub that knows nobody yet."""
    database, _, broker = database.partition("+")
    url = request.getfixturevalue("hub_postgres") if database == "postgres" else ""
    if broker == "valkey":
        broker = request.getfixturevalue("valkey")
    with ExitStack() as ending:
        yield Story(folder, ending, database_url=url, broker=broker)
