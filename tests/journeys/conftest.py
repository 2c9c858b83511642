"""A story for each journey, in memory where the machine has a folder for that."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.story import Story

MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for one story. What dies here is a process and never a disk, so memory will do."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="hub-journey-") as name:
        yield Path(name)


@pytest.fixture
def story(folder: Path) -> Iterator[Story]:
    """A hub that knows nobody yet."""
    with ExitStack() as ending:
        yield Story(folder, ending)
