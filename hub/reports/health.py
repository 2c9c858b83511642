"""Is the hub well? Stuck work, and things a person must decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.damage import is_damage
from hub.store.jobs import JobState


@dataclass(frozen=True)
class Counted:
    """How many there are, and one to begin with."""

    count: int
    example: str = ""


def sqlite_settings(database: Connection) -> tuple[str, int]:
    """Give the journal mode and the synchronous level of an SQLite database."""
    mode = database.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    level = database.exec_driver_sql("PRAGMA synchronous").scalar_one()
    return str(mode), int(level)


def first_damage(database: Connection) -> str:
    """Read every page of an SQLite database; gives what is wrong first, empty when nothing is."""
    try:
        said = str(database.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return "a page cannot be read"
    return "" if said == "ok" else said.replace("\n", " ")


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
