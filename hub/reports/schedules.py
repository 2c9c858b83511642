"""Schedules as operators see them: what runs when, for whom, and by whose choice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.store import tables
from hub.store.rhythm import RhythmError
from hub.store.schedules import rhythm_of


@dataclass(frozen=True)
class ScheduleRow:
    """One schedule in a list."""

    name: str
    connection: str
    job_kind: str
    rhythm: str
    """In words, or why this machine cannot read it."""
    enabled: bool
    next_at: datetime
    last_at: datetime | None
    set_by: str


def list_schedules(database: Connection, connection_id: str = "") -> list[ScheduleRow]:
    """Give every schedule, or those of a connection, the next to run first."""
    plan, shop = tables.schedule, tables.connection
    query = (
        select(plan, shop.c.code)
        .outerjoin(shop, shop.c.id == plan.c.connection_id)
        .order_by(plan.c.next_at, plan.c.name)
    )
    if connection_id:
        query = query.where(plan.c.connection_id == connection_id)
    return [
        ScheduleRow(
            name=row["name"], connection=row["code"] or "", job_kind=row["job_kind"],
            rhythm=_in_words(row), enabled=row["enabled"], next_at=row["next_at"],
            last_at=row["last_at"], set_by=row["set_by"],
        )
        for row in database.execute(query).mappings()
    ]  # fmt: skip


def _in_words(row: object) -> str:
    try:
        return str(rhythm_of(row))
    except RhythmError as error:
        return f"unreadable: {error}"
