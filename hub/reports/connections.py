"""Connections with what operators want to know of them: freshness, open work, what is aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.reports.pacing import Pacing, pacing_of
from hub.store import tables
from hub.store.connections import Connected, get_connection, list_connections
from hub.store.jobs.retention import CRASH_LOOPS


@dataclass(frozen=True)
class StreamRow:
    """One stream of a connection and how fresh it is."""

    stream: str
    complete_at: datetime | None
    updated_at: datetime
    next_at: datetime | None


@dataclass(frozen=True)
class ConnectionRow:
    """One connection in a list; secrets and the webhook address are not part of it."""

    id: str
    code: str
    connector: str
    family: str
    title: str
    state: str
    reason: str
    writes: bool
    stock_master: bool
    books_opened_at: datetime | None
    last_sync_at: datetime | None


@dataclass(frozen=True)
class ConnectionDetail:
    """One connection in full."""

    connection: ConnectionRow
    account: dict[str, Any]
    config: dict[str, Any]
    hook_path: str
    """Where its vendor sends webhooks; whoever knows it may ring."""
    streams: tuple[StreamRow, ...]
    open_jobs: int
    dead_jobs: int
    quarantined: int
    crash_loops: int
    """Jobs of it that kept killing their process and were given up, ever: look at its plugin."""
    stock_policy: str
    """Who wins when a number is typed at the shop."""
    pacing: Pacing


def connection_rows(database: Connection) -> list[ConnectionRow]:
    """Give every connection, oldest first."""
    return [_row(database, connected) for connected in list_connections(database)]


def connection_codes(database: Connection) -> list[str]:
    """Give the codes of all connections, oldest first."""
    shop = tables.connection
    return list(database.execute(select(shop.c.code).order_by(shop.c.id)).scalars())


def connection_detail(database: Connection, code: str, now: datetime) -> ConnectionDetail:
    """Give one connection in full; raises `UnknownConnectionError`."""
    connected = get_connection(database, code)
    return ConnectionDetail(
        connection=_row(database, connected), account=connected.account.to_document(),
        config=dict(connected.config), hook_path=f"/hooks/{connected.hook_token}",
        streams=_streams(database, connected.id),
        open_jobs=_jobs(database, connected.id, "ready", "running", "held", "waiting"),
        dead_jobs=_jobs(database, connected.id, "dead"),
        quarantined=_quarantined(database, connected.id),
        crash_loops=_crash_loops(database, connected.id),
        stock_policy=_stock_policy(database, connected.id),
        pacing=pacing_of(database, connected.id, now),
    )  # fmt: skip


def _row(database: Connection, one: Connected) -> ConnectionRow:
    cursor = tables.cursor
    last = database.execute(
        select(func.min(cursor.c.updated_at)).where(cursor.c.connection_id == one.id)
    ).scalar()
    return ConnectionRow(
        id=one.id, code=one.code, connector=one.connector, family=one.family.value,
        title=one.title, state=one.state.value, reason=one.reason, writes=one.writes,
        stock_master=one.stock_master, books_opened_at=one.books_opened_at, last_sync_at=last,
    )  # fmt: skip


def _streams(database: Connection, connection_id: str) -> tuple[StreamRow, ...]:
    cursor, schedule = tables.cursor, tables.schedule
    next_at = {
        row.name.removeprefix("pull_"): row.next_at
        for row in database.execute(
            select(schedule).where(schedule.c.connection_id == connection_id, schedule.c.enabled)
        )
    }
    rows = database.execute(
        select(cursor).where(cursor.c.connection_id == connection_id).order_by(cursor.c.stream)
    )
    return tuple(
        StreamRow(row.stream, row.complete_at, row.updated_at, next_at.get(row.stream))
        for row in rows
    )


def _jobs(database: Connection, connection_id: str, *states: str) -> int:
    job = tables.job
    query = select(func.count()).where(
        job.c.connection_id == connection_id, job.c.state.in_(states)
    )
    return int(database.execute(query).scalar_one())


def _crash_loops(database: Connection, connection_id: str) -> int:
    tally = tables.job_tally
    query = select(func.coalesce(func.sum(tally.c.total), 0)).where(
        tally.c.connection_id == connection_id, tally.c.counter == CRASH_LOOPS
    )
    return int(database.execute(query).scalar_one())


def _stock_policy(database: Connection, connection_id: str) -> str:
    shop = tables.connection
    query = select(shop.c.stock_policy).where(shop.c.id == connection_id)
    return str(database.execute(query).scalar_one())


def _quarantined(database: Connection, connection_id: str) -> int:
    kept = tables.quarantine
    query = select(func.count()).where(
        kept.c.connection_id == connection_id, kept.c.state == "open"
    )
    return int(database.execute(query).scalar_one())
