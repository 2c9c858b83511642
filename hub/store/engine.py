"""Engines with the settings that were measured to lose nothing, for SQLite and PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_MS = 15_000
POOL, ASIDE = 16, 4
"""Connections that are kept open; under load up to ten more."""


class StorageError(RuntimeError):
    """The database cannot be trusted or used as it is; the text says why and what to do."""


@dataclass(frozen=True)
class Engines:
    """One engine that writes, and one that can only read."""

    write: Engine
    read: Engine
    aside: "Engines | None" = None
    """The same database through a small pool of its own, which slow work cannot use up."""

    @property
    def dialect(self) -> str:
        """Name the database: sqlite or postgresql."""
        return self.write.dialect.name

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.write.dispose()
        self.read.dispose()
        if self.aside:
            self.aside.dispose()


def open_engines(url: str) -> Engines:
    """Open a database by its SQLAlchemy URL (`sqlite:////path` or `postgresql://…`)."""
    return _pair(url, POOL, _pair(url, ASIDE))


def _pair(url: str, pool: int, aside: Engines | None = None) -> Engines:
    if make_url(url).get_backend_name() == "sqlite":
        write = _sqlite(url, pool, "BEGIN IMMEDIATE")
        return Engines(write, _sqlite(url, pool, "BEGIN", query_only=True), aside)
    return Engines(_postgres(url, pool), _postgres(url, pool, read_only=True), aside)


def _sqlite(url: str, pool: int, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, pool_size=pool, connect_args={"check_same_thread": False}
    )
    settings = [
        f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA temp_store=MEMORY",
        "PRAGMA cache_size=-16384",
    ]
    if query_only:
        settings.append("PRAGMA query_only=ON")

    def configure(driver: Any, _record: Any) -> None:
        driver.isolation_level = None  # the driver must not begin by itself
        for statement in settings:
            driver.execute(statement)
        if driver.execute("PRAGMA synchronous").fetchone() != (2,):
            raise StorageError("SQLite refused synchronous=FULL; acknowledged orders could be lost")

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", _beginner(begin))
    return engine


def _beginner(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _postgres(url: str, pool: int, read_only: bool = False) -> Engine:
    options = (
        "-c synchronous_commit=on -c lock_timeout=5s -c statement_timeout=30s "
        "-c idle_in_transaction_session_timeout=30s"
    )
    if read_only:
        options += " -c default_transaction_read_only=on"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        hide_parameters=True, pool_size=pool, connect_args={"options": options},
    )  # fmt: skip
