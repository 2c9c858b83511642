"""A story for each journey, in memory where the machine has a folder for that.

Every story is told on SQLite and on PostgreSQL; those marked `on_sqlite` are about the one file.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.journeys.story import Story
from tests.memory import MEMORY

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
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


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The database a story is told on."""
    return str(request.param)


@pytest.fixture
def story(folder: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Story]:
    """A hub that knows nobody yet."""
    url = request.getfixturevalue("fresh_postgres") if database == "postgres" else ""
    with ExitStack() as ending:
        yield Story(folder, ending, database_url=url)
