"""All that invariants judge: every row of the hub, what the vendors testify, what lies in files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from hub.services.context import Hub
from hub.store import tables
from hub.testing.twins import RunningTwin, Testimony, load_twin


class Scene(Protocol):
    """A hub and the twins of its vendors, at rest."""

    @property
    def hub(self) -> Hub:
        """The hub."""
        ...

    @property
    def home(self) -> Path:
        """The folder that holds all the hub wrote."""
        ...

    @property
    def twins(self) -> Sequence[RunningTwin]:
        """The running twins of its vendors."""
        ...

    @property
    def canaries(self) -> Iterable[str]:
        """Secrets that were given to the hub and may be found nowhere in clear."""
        ...

    @property
    def said(self) -> str:
        """All that was logged."""
        ...


@dataclass(frozen=True)
class Broken:
    """One offence against one invariant."""

    name: str
    sentence: str
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true, and the way to find what contradicts it."""

    name: str
    sentence: str
    offences: Callable[["Facts"], Iterator[str]]


class Facts:
    """The scene as it was found, read once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = scene.hub.store.clock()
        with scene.hub.store.reading() as database:
            self._rows = {
                table.name: list(database.execute(table.select()))
                for table in tables.METADATA.sorted_tables
            }

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Give the rows of a table, those alone that have these values."""
        rows = self._rows[table.name]
        if not where:
            return rows
        return [
            row for row in rows if all(getattr(row, name) == value for name, value in where.items())
        ]

    def by_id(self, table: Any) -> dict[str, Any]:
        """Give the rows of a table by their id."""
        return {row.id: row for row in self._rows[table.name]}

    @cached_property
    def testimonies(self) -> dict[str, Testimony]:
        """Give what each vendor says, by the id of the connection to it."""
        found: dict[str, Testimony] = {}
        for connection in self.rows(tables.connection):
            descriptor = self.scene.hub.registry.connector(connection.connector)
            for twin in self.scene.twins:
                if twin.url in connection.config.values() and descriptor.twin:
                    found[connection.id] = load_twin(descriptor.twin).testify(twin)
        return found
