"""One engine per SQLite file: a lock that the system frees when its holder dies."""

import fcntl
import os
from pathlib import Path

from hub.store.engine import StorageError
from hub.store.unit_of_work import Store


class EngineLock:
    """The right to run jobs on a database file; held by one process at a time."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.engine.lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise `StorageError` naming the process that holds it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode(errors="replace").strip()
            os.close(file)
            raise StorageError(
                f"another engine (process {holder or 'unknown'}) already works on this database; "
                f"stop it first, or use its console and commands (lock: {self.path})"
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would open a race."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_beside(store: Store) -> EngineLock | None:
    """Give the lock for a store's file; None where the database serves many engines by itself."""
    database = store.engines.write.url.database
    if store.engines.dialect != "sqlite" or not database or database == ":memory:":
        return None
    return EngineLock(Path(database))


def engine_at_work(store: Store) -> bool:
    """Whether an engine holds the lock of this store's file at present."""
    lock = lock_beside(store)
    if lock is None:
        return False
    try:
        lock.acquire()
    except StorageError:
        return True
    lock.release()
    return False
