"""The twin's own time: real time plus an offset, frozen, or somebody else's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Instants are UTC and aware; a frozen clock moves only when told to.

    A restart does not move it. One that is given a `source` shows that clock's time, always.
    """

    def __init__(
        self, connection: sqlite3.Connection, source: Callable[[], datetime] | None = None
    ) -> None:
        self.source = source
        self._connection = connection
        row = connection.execute("SELECT value FROM setting WHERE name = 'clock'").fetchone()
        kept = json.loads(row[0]) if row else {}
        self._offset = timedelta(seconds=kept.get("offset", 0.0))
        self._frozen = datetime.fromisoformat(kept["frozen"]) if kept.get("frozen") else None

    def now(self) -> datetime:
        """Return the instant it is at the vendor."""
        if self.source is not None:
            return self.source()
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
        if self.source is not None:
            raise ValueError("this twin lives by another's clock; move that one")
        frozen = self._frozen.isoformat() if self._frozen else None
        kept = json.dumps({"offset": self._offset.total_seconds(), "frozen": frozen})
        self._connection.execute("INSERT OR REPLACE INTO setting VALUES ('clock', ?)", (kept,))
