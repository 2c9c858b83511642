"""An SQLite file that was lost, cut short or overwritten: noticed before anything is done with it.

Only its head is looked at, whatever its size; `hub doctor` and `hub db check` read all of it.
"""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from hub.store.engine import StorageError

MAGIC = b"SQLite format 3\0"
_HEADER = 100
CURE = (
    "stop everything that uses it, put a backup in its place (hub.db, without hub.db-wal and "
    "hub.db-shm of the damaged one), then run `hub db check`"
)


class DamagedError(StorageError):
    """The database is lost or damaged; the text says how to go on."""


def refuse_lost(file: Path, key_file: Path) -> None:
    """Raise `DamagedError` where a hub's key lies without its database: it is no new hub.

    A new one would import everything again, and do again what the lost one had done.
    """
    if key_file.exists() and (not file.exists() or file.stat().st_size == 0):
        raise DamagedError(
            f"the key of a hub is here, its database {file} is not: {CURE}; "
            f"to begin a new hub all the same, take {key_file} away first"
        )


def refuse_damaged(file: Path) -> None:
    """Raise `DamagedError` for a file that is no database, or shorter than it says it is."""
    size = file.stat().st_size
    if size == 0:
        return
    with file.open("rb") as opened:
        header = opened.read(_HEADER)
    if not header.startswith(MAGIC) or len(header) < _HEADER:
        raise DamagedError(f"{file} is not a database any more: {CURE}")
    missing = _length(header) - size
    if missing > 0 and not _has_journal(file):
        raise DamagedError(f"{file} was cut short, {missing:,} bytes are missing: {CURE}")


def is_damage(error: BaseException) -> bool:
    """Whether SQLite met pages that cannot be what was written."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return isinstance(error, DBAPIError) and name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _length(header: bytes) -> int:
    """Give the bytes the file should have; 0 where its header does not say."""
    changed, counted_at = header[24:28], header[92:96]
    if changed != counted_at:
        return 0
    page = int.from_bytes(header[16:18], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(header[28:32], "big")


def _has_journal(file: Path) -> bool:
    """Whether what is missing may stand in the write-ahead log, after a crash."""
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0
