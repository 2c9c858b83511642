"""The unit of work: one transaction, one commit, the facts and the jobs they cause together."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Executable

from hub.records.base import Clock
from hub.records.events import Event, EventKind
from hub.sdk.tripwire import transaction_open
from hub.store import tables
from hub.store.engine import Engines
from hub.store.fair_lock import FairLock
from hub.store.ids import new_id
from hub.store.sealing import Keyring


class Bell(Protocol):
    """Rung after a commit with the ids of jobs that may start; losing a ring costs a second."""

    def ring(self, job_ids: Sequence[str]) -> None:
        """Wake a worker for each job."""
        ...


class SilentBell:
    """The bell of a process that runs no worker: the engine finds the jobs by itself."""

    def ring(self, job_ids: Sequence[str]) -> None:
        """Do nothing."""


class NestedUnitError(RuntimeError):
    """A unit of work was opened inside another: a service must be one sequence of units."""


class Unit:
    """An open transaction. Leaving the block commits once; an exception rolls everything back."""

    def __init__(self, connection: Connection, now: datetime, keyring: Keyring, rings: bool):
        self.connection = connection
        self.now = now
        self.keyring = keyring
        self.rings = rings
        """Whether due jobs are inserted as dispatched: a bell will ring for them."""
        self.events: list[Event] = []
        self.due_jobs: list[str] = []
        self.committed: list[Callable[[], None]] = []
        """What may be believed only when it cannot be rolled back any more."""

    @property
    def dialect(self) -> str:
        """Name the database: sqlite or postgresql."""
        return self.connection.dialect.name

    def execute(
        self, statement: Executable,
        parameters: Sequence[dict[str, Any]] | dict[str, Any] | None = None,
    ) -> CursorResult[Any]:  # fmt: skip
        """Run a Core statement."""
        return self.connection.execute(statement, parameters)

    def changed(self, statement: Executable, parameters: dict[str, Any] | None = None) -> int:
        """Run a conditional update and say how many rows it changed; zero means "not yours"."""
        return int(self.execute(statement, parameters).rowcount)

    def record(self, kind: EventKind, subject_id: str, connection_id: str | None = None) -> Event:
        """Record a fact; its reactions are written as jobs before the commit."""
        event = Event(
            id=new_id(), kind=kind, subject_id=subject_id, connection_id=connection_id, at=self.now
        )
        self.events.append(event)
        return event


React = Callable[[Unit, Sequence[Event]], None]
"""Writes the jobs that follow from events, into the same transaction."""


class Store:
    """The way to the database: `unit_of_work()` to change it, `reading()` to look."""

    def __init__(
        self, engines: Engines, clock: Clock, keyring: Keyring,
        react: React = lambda unit, events: None, bell: Bell | None = None,
        observe: Callable[[Event], None] = lambda event: None, home: Path | None = None,
    ) -> None:  # fmt: skip
        self.engines = engines
        self.home = home
        """The folder of this hub on this host, where something is kept outside the database."""
        self.clock = clock
        self.keyring = keyring
        self.bell: Bell = bell or SilentBell()
        self._react = react
        self._observe = observe
        # SQLite has one writer; waiting in line here is fair, waiting in SQLite is not
        self._writer = FairLock() if engines.dialect == "sqlite" else nullcontext()
        self._open = threading.local()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Use, in this thread, connections that are set aside from the ones of slow work."""
        self._open.aside = True
        try:
            yield
        finally:
            self._open.aside = False

    def _pool(self) -> Engines:
        return getattr(self._open, "aside", False) and self.engines.aside or self.engines

    @contextmanager
    def unit_of_work(self) -> Iterator[Unit]:
        """Open a transaction that commits once, at the end of the block.

        No network call may happen inside: the HTTP client refuses it.
        """
        if getattr(self._open, "unit", False):
            raise NestedUnitError("a unit of work is already open in this thread")
        self._open.unit = True
        try:
            with self._writer, transaction_open(), self._pool().write.begin() as connection:
                rings = not isinstance(self.bell, SilentBell)
                unit = Unit(connection, self.clock(), self.keyring, rings)
                yield unit
                self._write_events(unit)
        finally:
            self._open.unit = False
        for believe in unit.committed:
            believe()
        if unit.due_jobs:
            self.bell.ring(unit.due_jobs)
        for event in unit.events:
            self._observe(event)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only look at the database."""
        with self._pool().read.connect() as connection:
            yield connection

    def _write_events(self, unit: Unit) -> None:
        written = 0
        while written < len(unit.events):  # a reaction may record a further fact
            fresh = unit.events[written:]
            unit.execute(tables.event.insert(), [_event_row(event) for event in fresh])
            self._react(unit, fresh)
            written += len(fresh)


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id, "kind": event.kind.value, "subject_id": event.subject_id,
        "connection_id": event.connection_id, "at": event.at,
    }  # fmt: skip
