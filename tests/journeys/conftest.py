"""A story for each journey, in memory where the machine has a folder for that.

Stories are told on SQLite; those marked `on_both_databases` on PostgreSQL too, and all of them with
HUB_TEST_STORIES=postgres.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.journeys.story import Story
from tests.memory import MEMORY

on_both_databases = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
"""For stories whose statements the two databases might understand differently."""
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


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The database a story is told on: sqlite or postgres."""
    return str(getattr(request, "param", os.environ.get("HUB_TEST_STORIES", "sqlite")))


@pytest.fixture
def story(folder: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Story]:
    """A hub that knows nobody yet."""
    url = request.getfixturevalue("fresh_postgres") if database == "postgres" else ""
    with ExitStack() as ending:
        yield Story(folder, ending, database_url=url)
