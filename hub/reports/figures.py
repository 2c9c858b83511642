"""Figures for monitoring: what stands now, and what ended since the last look."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from hub.domain.health import Word, judge
from hub.domain.signals import Signals
from hub.reports.health import oldest_due
from hub.reports.jobs import jobs_by_state
from hub.store import tables
from hub.store.jobs.retention import CRASH_LOOPS
from hub.store.jobs.states import OPEN, JobState, in_state
from hub.store.signals import read_signals

SETTLED = timedelta(seconds=5)
"""What ended is written down a little after the instant it is dated with."""

_job = tables.job
_shop = tables.connection


@dataclass(frozen=True)
class Table:
    """Numbers under labels."""

    labels: tuple[str, ...]
    rows: Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True)
class Figures:
    """What stands in the database at one moment."""

    tables: Mapping[str, Table]
    oldest_ready_s: float


@dataclass(frozen=True)
class News:
    """What ended between two looks; times in seconds."""

    until: datetime
    attempts: Sequence[tuple[str, str, str, str]]
    """kind, transition, error class, outcome."""
    calls: Sequence[tuple[str, str, float]]
    """connection, outcome, length."""
    dispatches: Sequence[tuple[str, float]]
    """queue, wait."""


def figures(database: Connection, connectors: Container[str], now: datetime) -> Figures:
    """Count what stands; by index, so that history costs nothing."""
    due = oldest_due(database, now)
    states = jobs_by_state(database)
    signals = read_signals(database, connectors, now)
    return Figures(
        {
            "jobs": Table(("state",), [((state,), n) for state, n in states.items()]),
            "jobs_owed": Table(("state", "kind"), _owed(database)),
            "quarantine": Table(("connection",), _kept(database)),
            "effects": Table(("state", "connection"), _unsettled(database)),
            "desired_open": Table(("connection", "field"), _drift(database)),
            "incidents_open": Table(("connection", "what"), _incidents(database)),
            "breaker_open": Table(("connection",), _left_alone(signals)),
            "crash_loops": Table(("kind", "connection"), _crash_loops(database)),
            "connection_up": Table(("connection",), list(_up(signals, now))),
        },
        (now - due).total_seconds() if due else 0.0,
    )


Rows = list[tuple[tuple[str, ...], float]]


def _counted(
    database: Connection, *labels: ColumnElement[Any], where: Sequence[ColumnElement[bool]],
    joined: FromClause | None = None,
) -> Rows:  # fmt: skip
    query = select(*labels, func.count()).where(*where).group_by(*labels)
    if joined is not None:
        query = query.select_from(joined)
    return [
        (tuple(value or "" for value in row[:-1]), float(row[-1]))
        for row in database.execute(query)
    ]


def _owed(database: Connection) -> Rows:
    return _counted(database, _job.c.state, _job.c.kind, where=[in_state(*OPEN, JobState.DEAD)])


def _kept(database: Connection) -> Rows:
    kept = tables.quarantine
    return _counted(database, _shop.c.code,
                    where=[kept.c.state == "open", _shop.c.id == kept.c.connection_id])  # fmt: skip


def _unsettled(database: Connection) -> Rows:
    effect = tables.effect
    unsettled = effect.c.state.in_(("prepared", "sent", "unknown", "needs_operator"))
    return _counted(database, effect.c.state, _shop.c.code,
                    where=[unsettled, _shop.c.id == effect.c.connection_id])  # fmt: skip


def _drift(database: Connection) -> Rows:
    wish = tables.desired
    behind = wish.c.confirmed_version < wish.c.desired_version
    return _counted(database, _shop.c.code, wish.c.field,
                    where=[behind, _shop.c.id == wish.c.connection_id])  # fmt: skip


def _crash_loops(database: Connection) -> Rows:
    tally = tables.job_tally
    rows = database.execute(
        select(tally.c.kind, _shop.c.code, tally.c.total)
        .outerjoin(_shop, _shop.c.id == tally.c.connection_id)
        .where(tally.c.counter == CRASH_LOOPS)
    )
    return [((row.kind, row.code or ""), float(row.total)) for row in rows]


def _incidents(database: Connection) -> Rows:
    incident = tables.incident
    joined = incident.outerjoin(_shop, _shop.c.id == incident.c.connection_id)
    return _counted(database, _shop.c.code, incident.c.what,
                    where=[incident.c.healed_at.is_(None)], joined=joined)  # fmt: skip


def _left_alone(signals: Sequence[Signals]) -> Rows:
    return [((one.code,), float(one.left_alone is not None)) for one in signals]


def _up(signals: Sequence[Signals], now: datetime) -> Iterator[tuple[tuple[str, ...], float]]:
    for one in signals:
        word = judge(one, now).word
        yield (one.code,), float(word in (Word.WELL, Word.NEEDS_ATTENTION, Word.LATE))


def news(database: Connection, since: datetime, now: datetime) -> News:
    """Give what ended after `since`, as far as it is settled; `until` is where to go on."""
    until = max(now - SETTLED, since)
    tried, call = tables.job_attempt, tables.exchange
    attempts = database.execute(
        select(_job.c.kind, _job.c.queue, _job.c.run_at, _job.c.outcome, tried.c.transition,
               tried.c.error_class, tried.c.started_at)
        .join(_job, _job.c.id == tried.c.job_id)
        .where(tried.c.ended_at > since, tried.c.ended_at <= until)
    ).all()  # fmt: skip
    codes = {row.id: row.code for row in database.execute(select(_shop.c.id, _shop.c.code))}
    calls = [
        (code, row.outcome, row.elapsed_ms / 1000)
        for shop, code in codes.items()
        for row in database.execute(
            select(call.c.outcome, call.c.elapsed_ms).where(
                call.c.connection_id == shop, call.c.at > since, call.c.at <= until
            )
        )
    ]
    return News(
        until,
        [(row.kind, row.transition, row.error_class, row.outcome) for row in attempts],
        calls,
        [(row.queue, max((row.started_at - row.run_at).total_seconds(), 0.0))
         for row in attempts if row.transition == "T7"],
    )  # fmt: skip
