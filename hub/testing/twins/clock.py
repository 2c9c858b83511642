"""The twin's own time: real time plus an offset, or frozen; a restart does not move it."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Instants are UTC and aware; a frozen clock moves only when told to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT value FROM setting WHERE name = 'clock'").fetchone()
        kept = json.loads(row[0]) if row else {}
        self._offset = timedelta(seconds=kept.get("offset", 0.0))
        self._frozen = datetime.fromisoformat(kept["frozen"]) if kept.get("frozen") else None

    def now(self) -> datetime:
        """Return the instant it is at the vendor."""
        return self._frozen or datetime.now(UTC) + self._offset

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    def move_to(self, instant: datetime) -> None:
        """Make it this instant now; a frozen clock stays frozen there."""
        if self._frozen is not None:
            self._frozen = instant.astimezone(UTC)
        self._offset = instant - datetime.now(UTC)
        self._keep()

    def freeze(self, instant: datetime | None = None) -> None:
        """Stop at the instant given, or where the clock is."""
        self._frozen = (instant or self.now()).astimezone(UTC)
        self._keep()

    def run(self) -> None:
        """Let time pass again from where it is."""
        self._offset = self.now() - datetime.now(UTC)
        self._frozen = None
        self._keep()

    def advance(self, seconds: float) -> None:
        """Jump forward; a negative number jumps back."""
        self.move_to(self.now() + timedelta(seconds=seconds))

    def _keep(self) -> None:
        frozen = self._frozen.isoformat() if self._frozen else None
        kept = json.dumps({"offset": self._offset.total_seconds(), "frozen": frozen})
        self._connection.execute("INSERT OR REPLACE INTO setting VALUES ('clock', ?)", (kept,))
