"""Everything a simulated vendor knows: documents, counters, log, queue and clock in one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hub.testing.twins import log, past
from hub.testing.twins.clock import VirtualClock
from hub.testing.twins.database import open_database

T = TypeVar("T")
Document = dict[str, Any]


class TwinState:
    """The vendor's memory.

    A request's changes, effects and answer are one transaction, so the log never tells of what did
    not happen, and never misses what did.
    """

    def __init__(
        self, path: Path, options: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(path)
        self.options: Mapping[str, str] = dict(options or {})
        self.url = ""  # where the twin listens, known once it does
        self.connection = open_database(self.path)
        self.clock = VirtualClock(self.connection, clock)
        self._request = ("", "")
        self._seen_at: datetime | None = None
        self.remembers = timedelta(0)  # how long what a document was before is kept

    # -- documents -----------------------------------------------------------------------------

    def get(self, kind: str, id: str | int) -> Document | None:
        """Return a fresh copy of one document."""
        if self._seen_at is not None:
            body = past.find(self.connection, self._seen_at, kind, str(id))
        else:
            body = past.current(self.connection, kind, str(id))
        return None if body is None else msgspec.json.decode(body)

    def all(self, kind: str) -> list[Document]:
        """Return fresh copies of every document of a kind, in no particular order."""
        return self.scan(kind, dict)

    def scan(self, kind: str, shape: type[T]) -> list[T]:
        """Decode every document of a kind into `shape`; a small msgspec.Struct makes it cheap."""
        if self._seen_at is not None:
            bodies = past.scan(self.connection, self._seen_at, kind)
        else:
            rows = self.connection.execute("SELECT body FROM document WHERE kind = ?", (kind,))
            bodies = [body for (body,) in rows]
        return list(map(msgspec.json.Decoder(shape).decode, bodies))

    def put(self, kind: str, id: str | int, body: Mapping[str, Any]) -> None:
        """Create or replace one document."""
        self._remember(kind, str(id))
        self.connection.execute(
            "INSERT OR REPLACE INTO document VALUES (?, ?, ?)",
            (kind, str(id), msgspec.json.encode(body)),
        )

    def remove(self, kind: str, id: str | int) -> bool:
        """Delete one document; False if there was none."""
        self._remember(kind, str(id))
        done = self.connection.execute(
            "DELETE FROM document WHERE kind = ? AND id = ?", (kind, str(id))
        )
        return done.rowcount == 1

    def _remember(self, kind: str, id: str) -> None:
        if self.remembers:
            past.remember(self.connection, self.clock.now(), self.remembers, kind, id)

    @contextmanager
    def seen_from(self, age: timedelta) -> Iterator[None]:
        """Show the documents as they were that long ago; whatever is changed inside is undone."""
        self._seen_at = self.clock.now() - age
        self.connection.execute("SAVEPOINT replica")
        try:
            yield
        finally:
            self._seen_at = None
            self.connection.execute("ROLLBACK TO replica")
            self.connection.execute("RELEASE replica")

    # -- numbers -------------------------------------------------------------------------------

    def next(self, counter: str) -> int:
        """Return the next number of a counter, starting at 1."""
        row = self.connection.execute(
            "INSERT INTO counter VALUES (?, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter,),
        ).fetchone()
        return int(row[0])

    def raise_to(self, counter: str, value: int) -> None:
        """Make sure a counter will never again give `value` or less."""
        self.connection.execute(
            "INSERT INTO counter VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
            (counter, value),
        )

    # -- settings ------------------------------------------------------------------------------

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting."""
        row = self.connection.execute(
            "SELECT value FROM setting WHERE name = ?", (name,)
        ).fetchone()
        return msgspec.json.decode(row[0]) if row else default

    def keep(self, name: str, value: Any) -> None:
        """Keep a setting over restarts."""
        text = msgspec.json.encode(value).decode()
        self.connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, text))

    # -- witness -------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that happens inside, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def during(self, method: str, path: str) -> None:
        """Name the request that following effects belong to."""
        self._request = (method, path)

    def effect(self, kind: str, subject: object, reference: str = "", **detail: Any) -> None:
        """Record something really done, for example a label bought or a note added."""
        method, path = self._request
        log.append(
            self.connection, "effect", self.clock.now(), method=method, path=path,
            kind=kind, subject=str(subject), reference=reference, detail=detail,
        )  # fmt: skip

    # -- webhooks ------------------------------------------------------------------------------

    def queue(self, target: str, topic: str, subject: object, *, delay: float = 0.0) -> None:
        """Owe one webhook, due `delay` seconds from now; an equal one still owed is enough."""
        owed = self.connection.execute(
            "SELECT 1 FROM delivery WHERE target = ? AND topic = ? AND subject = ?",
            (target, topic, str(subject)),
        ).fetchone()
        if owed:
            return
        due = self.clock.now() + timedelta(seconds=delay)
        self.connection.execute(
            "INSERT INTO delivery (due_at, target, topic, subject) VALUES (?, ?, ?, ?)",
            (due.isoformat(), target, topic, str(subject)),
        )

    # -- whole states --------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Copy everything into another file."""
        with closing(sqlite3.connect(path)) as copy:
            self.connection.backup(copy)

    def restore(self, path: Path) -> None:
        """Become what another file holds."""
        with closing(sqlite3.connect(path)) as copy:
            copy.backup(self.connection)
        self.clock = VirtualClock(self.connection, self.clock.source)

    def close(self) -> None:
        """Close the file; a later TwinState opens it again."""
        self.connection.close()
