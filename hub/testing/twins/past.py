"""What a twin's documents were before they changed: the view of a replica that lags behind."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta


def current(connection: sqlite3.Connection, kind: str, id: str) -> bytes | None:
    """Give a document as it is now."""
    row = connection.execute(
        "SELECT body FROM document WHERE kind = ? AND id = ?", (kind, id)
    ).fetchone()
    return row[0] if row else None


def remember(
    connection: sqlite3.Connection, now: datetime, kept: timedelta, kind: str, id: str
) -> None:
    """Keep what a document is before it changes, and forget what is older than `kept`."""
    connection.execute("DELETE FROM past WHERE at < ?", ((now - kept).isoformat(),))
    connection.execute(
        "INSERT INTO past (at, kind, id, body) VALUES (?, ?, ?, ?)",
        (now.isoformat(), kind, id, current(connection, kind, id)),
    )


def find(connection: sqlite3.Connection, at: datetime, kind: str, id: str) -> bytes | None:
    """Give a document as it was at that instant."""
    row = connection.execute(
        "SELECT body FROM past WHERE kind = ? AND id = ? AND at > ? ORDER BY number LIMIT 1",
        (kind, id, at.isoformat()),
    ).fetchone()
    return row[0] if row else current(connection, kind, id)


def scan(connection: sqlite3.Connection, at: datetime, kind: str) -> list[bytes]:
    """Give every document of a kind as it was at that instant."""
    rows = connection.execute(
        """
        WITH changed AS (
            SELECT id, min(number) AS first FROM past WHERE kind = :kind AND at > :at GROUP BY id)
        SELECT body FROM document WHERE kind = :kind AND id NOT IN (SELECT id FROM changed)
        UNION ALL
        SELECT body FROM past JOIN changed ON number = first WHERE body IS NOT NULL
        """,
        {"kind": kind, "at": at.isoformat()},
    )
    return [body for (body,) in rows]
