"""Is the hub well? Overdue pulls, stuck work, things a person must decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, literal, select

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.jobs import JobState

LATE_PULLS = 3
"""A stream is overdue when it has missed this many of its pulls."""


@dataclass(frozen=True)
class Counted:
    """How many there are, and one to begin with."""

    count: int
    example: str = ""


@dataclass(frozen=True)
class Overdue:
    """A stream that was not pulled for too long."""

    connection: str
    stream: str
    since: datetime | None


def sqlite_settings(database: Connection) -> tuple[str, int]:
    """Give the journal mode and the synchronous level of an SQLite database."""
    mode = database.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    level = database.exec_driver_sql("PRAGMA synchronous").scalar_one()
    return str(mode), int(level)


def oldest_due(database: Connection, now: datetime) -> datetime | None:
    """Give since when the most patient job is due that could run now."""
    job, shop = tables.job, tables.connection
    found: datetime | None = database.execute(
        select(job.c.run_at)
        .outerjoin(shop, shop.c.id == job.c.connection_id)
        .where(job.c.state == JobState.READY, job.c.run_at <= now,
               job.c.connection_id.is_(None) | (shop.c.state == ConnectionState.ACTIVE.value))
        .order_by(job.c.run_at)
        .limit(1)
    ).scalar()  # fmt: skip
    return found


def overdue_streams(database: Connection, now: datetime) -> list[Overdue]:
    """Give the streams of active connections that missed several pulls."""
    schedule, cursor, shop = tables.schedule, tables.cursor, tables.connection
    rows = database.execute(
        select(schedule.c.name, schedule.c.every_s, shop.c.code, shop.c.created_at,
               cursor.c.updated_at)
        .join(shop, shop.c.id == schedule.c.connection_id)
        .outerjoin(cursor, (cursor.c.connection_id == shop.c.id)
                   & (literal("pull_") + cursor.c.stream == schedule.c.name))
        .where(schedule.c.enabled, shop.c.state == ConnectionState.ACTIVE.value)
    )  # fmt: skip
    return [
        Overdue(row.code, row.name.removeprefix("pull_"), row.updated_at)
        for row in rows
        if (row.updated_at or row.created_at) + timedelta(seconds=row.every_s * LATE_PULLS) < now
    ]


def dead(database: Connection) -> Counted:
    """Count the jobs that need a person."""
    job = tables.job
    return _counted(database, job.c.kind + ": " + job.c.last_error_text,
                    job.c.state == JobState.DEAD)  # fmt: skip


def unsettled_effects(database: Connection) -> Counted:
    """Count the outward calls that nobody knows the end of."""
    effect = tables.effect
    return _counted(database, effect.c.reason, effect.c.state == "unknown")


def effects_for_a_person(database: Connection) -> Counted:
    """Count the outward calls that only a person can settle."""
    effect = tables.effect
    return _counted(database, effect.c.reason, effect.c.state == "needs_operator")


def effects_without_writes(database: Connection) -> Counted:
    """Count the outward calls that are owed to a vendor the hub may not write to."""
    effect, shop = tables.effect, tables.connection
    return _counted(
        database, shop.c.code + ": " + effect.c.kind, effect.c.state == "prepared",
        effect.c.connection_id == shop.c.id, shop.c.writes.is_(False),
    )  # fmt: skip


def quarantined(database: Connection) -> Counted:
    """Count the records kept aside."""
    kept = tables.quarantine
    return _counted(database, kept.c.reason, kept.c.state == "open")


def refused_wishes(database: Connection) -> Counted:
    """Count the values that a channel refused to show."""
    wish, shop = tables.desired, tables.connection
    return _counted(
        database, shop.c.code + ": " + wish.c.problem,
        wish.c.problem != "", wish.c.connection_id == shop.c.id,
    )  # fmt: skip


def oversold(database: Connection) -> Counted:
    """Count the items of which more is promised than there is."""
    promise, variant = tables.stock_promise, tables.variant
    return _counted(
        database, variant.c.sku, variant.c.stock_item_id == promise.c.stock_item_id,
        promise.c.tracked, promise.c.reserved + promise.c.allocated > promise.c.sellable,
    )  # fmt: skip


def _counted(database: Connection, example: Any, *where: Any) -> Counted:
    row = database.execute(
        select(func.count().label("number"), func.min(example).label("example")).where(*where)
    ).one()
    return Counted(int(row.number), row.example or "")
