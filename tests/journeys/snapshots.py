"""A hub's rows kept and brought back: as files beside its file, or as databases of one server."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

from hub.testing.world import World

MakeDatabase = Callable[[str, str], AbstractContextManager[str]]
"""Create a database by name, as a copy of another where one is named; gives its URL."""


class Snapshots(Protocol):
    """What a crash walk needs to know about databases."""

    def keep(self, world: World, name: str) -> None:
        """Keep what a stopped hub has, under a name."""
        ...

    def again(self, name: str) -> World:
        """Give a hub that has what was kept, and nothing else."""
        ...

    def close(self) -> None:
        """Forget everything."""
        ...


class Files:
    """Snapshots of the one file of an embedded hub."""

    database_url = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, world: World, name: str) -> None:
        shutil.copytree(world.home, self._folder / f"before {name}")

    def again(self, name: str) -> World:
        home = self._folder / "once more"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self._folder / f"before {name}", home)
        return World(home, plugin_modules="hub.testing.carrier")

    def close(self) -> None:
        """The folder goes with its test."""


class Databases:
    """Snapshots on a PostgreSQL server: copying a small database takes fifteen milliseconds."""

    def __init__(self, folder: Path, make: MakeDatabase) -> None:
        self._folder = folder
        self._make = make
        self._all = ExitStack()
        self._latest = ExitStack()
        self._kept: dict[str, str] = {}
        self.database_url = self._all.enter_context(make("told", ""))

    def keep(self, world: World, name: str) -> None:
        self._kept[name] = f"before_{len(self._kept)}"
        self._all.enter_context(self._make(self._kept[name], "told"))

    def again(self, name: str) -> World:
        self._latest.close()
        url = self._latest.enter_context(self._make("again", self._kept[name]))
        home = self._folder / "once more"
        return World(home, database_url=url, plugin_modules="hub.testing.carrier")

    def close(self) -> None:
        self._latest.close()
        self._all.close()
