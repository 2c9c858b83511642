"""One PostgreSQL database for many tests: each finds its tables empty."""

import psycopg

from hub.store import tables

_HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
)
_DEAD_ROWS_AFTER = 25


class Emptied:
    """Empties a database whose tables exist.

    Deleting few rows takes half a millisecond, truncating fifty tables twelve; but deleted rows
    stay in the files, so now and then it truncates.
    """

    def __init__(self, url: str, revision: str = "") -> None:
        self.url = url
        self._revision = revision
        self._times = 0
        with psycopg.connect(url) as database:
            found = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            here = {name for (name,) in found}
        # children first; a table that no migration makes yet is not missed
        names = [table.name for table in reversed(tables.METADATA.sorted_tables)]
        self._names = [f'"{name}"' for name in names if name in here]

    def again(self) -> str:
        """Empty it for the next test, whatever the one before left open; gives its URL."""
        self._times += 1
        with psycopg.connect(self.url, autocommit=True) as database:
            database.execute(_HANG_UP)
            if self._times % _DEAD_ROWS_AFTER == 0:
                database.execute(f"TRUNCATE {', '.join(self._names)} CASCADE")
            else:
                database.execute("; ".join(f"DELETE FROM {name}" for name in self._names))
            if self._revision:
                database.execute("UPDATE alembic_version SET version_num = %s", [self._revision])
        return self.url
