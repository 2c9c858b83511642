"""When a twin next does something by itself: read from its file, so that asking costs nothing."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path


class Agenda:
    """The requests a twin has put off and the webhooks it owes, by their due time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def next_due(self) -> datetime | None:
        """Return the instant of the earliest, past or future; None when nothing is owed."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("PRAGMA query_only=1")
        (due,) = self._connection.execute(
            "SELECT min(due_at) FROM "
            "(SELECT due_at FROM delivery UNION ALL SELECT due_at FROM late_request)"
        ).fetchone()
        return None if due is None else datetime.fromisoformat(due)

    def close(self) -> None:
        """Close the file; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
