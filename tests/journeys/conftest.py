"""A story for each journey, in memory where the machine has a folder for that."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.journeys.story import Story

MEMORY = Path("/dev/shm")


@contextmanager
def memory_or(disk: Path) -> Iterator[Path]:
    """Give a folder in memory. What dies here is a process and never a disk, so memory will do."""
    if not MEMORY.is_dir():
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
def story(folder: Path) -> Iterator[Story]:
    """A hub that knows nobody yet."""
    with ExitStack() as ending:
        yield Story(folder, ending)
