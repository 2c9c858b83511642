"""The witness: every request answered, every effect applied, every webhook sent, in order."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

COLUMNS = "id, entry, at, method, path, reference, kind, subject, status, detail"


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One line of the witness.

    entry      `answer`, `effect`, `delivery`, `fault` (one that befell somebody) or `late`
    reference  the key or text by which the caller would know it again
    kind       effect: what was done; answer: the fault applied, if any; delivery: the topic;
               fault: which
    subject    the vendor's id of the thing touched
    """

    id: int
    entry: str
    at: datetime
    method: str = ""
    path: str = ""
    reference: str = ""
    kind: str = ""
    subject: str = ""
    status: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def append(connection: sqlite3.Connection, entry: str, at: datetime, **columns: Any) -> None:
    """Write one line inside the caller's transaction."""
    detail = json.dumps(columns.pop("detail", {}), default=str)
    row = {"method": "", "path": "", "reference": "", "kind": "", "subject": "", "status": None}
    row |= columns | {"entry": entry, "at": at.isoformat(), "detail": detail}
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO log ({names}) VALUES ({marks})", row)


def read(
    connection: sqlite3.Connection, *, entry: str | None = None, after: int = 0
) -> list[LogEntry]:
    """Return lines younger than `after`, oldest first; of one sort when `entry` is given."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM log WHERE id > ? AND (? IS NULL OR entry = ?) ORDER BY id",
        (after, entry, entry),
    )
    return [_entry(row) for row in rows]


def _entry(row: tuple[Any, ...]) -> LogEntry:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["at"] = datetime.fromisoformat(values["at"])
    values["detail"] = json.loads(values["detail"])
    return LogEntry(**values)


class TwinLog:
    """Reads a twin's log straight from its file, whether the twin lives or was killed."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def entries(self, entry: str | None = None, *, after: int = 0) -> list[LogEntry]:
        """Return every line, or those of one sort, oldest first."""
        with self._open() as connection:
            return read(connection, entry=entry, after=after)

    def effects(self, kind: str | None = None, subject: str | int | None = None) -> list[LogEntry]:
        """Return what was really done at the vendor."""
        return [
            line
            for line in self.entries("effect")
            if kind in (None, line.kind) and (subject is None or line.subject == str(subject))
        ]

    def answers(self, method: str | None = None, path: str = "") -> list[LogEntry]:
        """Return the requests answered, those whose path contains `path`."""
        return [
            line
            for line in self.entries("answer")
            if method in (None, line.method) and path in line.path
        ]

    def deliveries(self, topic: str | None = None) -> list[LogEntry]:
        """Return the webhooks sent, with the receiver's status (None: no answer)."""
        return [line for line in self.entries("delivery") if topic in (None, line.kind)]

    def faults(self, kind: str | None = None) -> list[LogEntry]:
        """Return the faults that really befell a request or a webhook."""
        return [line for line in self.entries("fault") if kind in (None, line.kind)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            raise FileNotFoundError(self.path)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA busy_timeout=5000")
            connection.execute("PRAGMA query_only=1")
            yield connection
