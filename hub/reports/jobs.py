"""Jobs as operators see them: lists, one job with its attempts and calls, and a sync's progress."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from hub.store import tables
from hub.store.jobs import JobState
from hub.store.jobs.states import OPEN

_job = tables.job
_FLUSHED_WITHIN = timedelta(seconds=5)
"""A call is written to the log a little after it was made."""


@dataclass(frozen=True)
class JobRow:
    """One job in a list."""

    id: str
    kind: str
    state: str
    outcome: str
    connection: str
    subject: str
    attempt: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    counters: dict[str, int]
    error_class: str
    error_text: str

    @property
    def is_open(self) -> bool:
        """Whether it is still owed or running."""
        return self.state in OPEN


@dataclass(frozen=True)
class JobFilter:
    """What a list of jobs is narrowed to; empty fields narrow nothing."""

    state: str = ""
    kind: str = ""
    connection_id: str = ""


def list_jobs(
    database: Connection, wanted: JobFilter, limit: int, before: str = ""
) -> list[JobRow]:
    """Give jobs, the newest first; `before` is the id at which the page before it ended."""
    query = _with_code().order_by(_job.c.id.desc()).limit(limit)
    if before:
        query = query.where(_job.c.id < before)
    for column, value in (
        (_job.c.state, wanted.state),
        (_job.c.kind, wanted.kind),
        (_job.c.connection_id, wanted.connection_id),
    ):
        if value:
            query = query.where(column == value)
    return [_row(row) for row in database.execute(query)]


def job_rows(database: Connection, *where: Any) -> list[JobRow]:
    """Give the jobs of which something holds, the oldest first."""
    rows = database.execute(_with_code().where(*where).order_by(_job.c.id).limit(50))
    return [_row(row) for row in rows]


def _with_code() -> Select[Any]:
    shop = tables.connection
    return select(_job, shop.c.code).outerjoin(shop, shop.c.id == _job.c.connection_id)


def _row(row: Row[Any]) -> JobRow:
    return JobRow(
        id=row.id, kind=row.kind, state=row.state, outcome=row.outcome, connection=row.code or "",
        subject=row.subject, attempt=row.attempt, run_at=row.run_at, created_at=row.created_at,
        finished_at=row.finished_at, counters=row.counters, error_class=row.last_error_class,
        error_text=row.last_error_text,
    )  # fmt: skip


@dataclass(frozen=True)
class AttemptRow:
    """One try of a job."""

    worker: str
    started_at: datetime
    ended_at: datetime | None
    transition: str
    error_class: str
    error_text: str


@dataclass(frozen=True)
class ActRow:
    """What a person or a newer fact did to a job."""

    at: datetime
    transition: str
    by: str
    reason: str


@dataclass(frozen=True)
class ExchangeRow:
    """One call to a vendor, redacted."""

    at: datetime
    method: str
    path: str
    status: int | None
    outcome: str
    elapsed_ms: int


@dataclass(frozen=True)
class JobDetail:
    """One job with its history, and the calls its connection made while it ran."""

    job: JobRow
    queue: str
    payload: dict[str, Any]
    max_attempts: int
    crash_count: int
    hold_reason: str
    wake_on: str
    """What it waits for."""
    cancel_requested: bool
    superseded_by: str
    cause: str
    """The fact, or the job, that it follows from."""
    acts: tuple[ActRow, ...]
    attempts: tuple[AttemptRow, ...]
    exchanges: tuple[ExchangeRow, ...]


def job_detail(database: Connection, job_id: str) -> JobDetail | None:
    """Give one job in full; None when there is none."""
    row = database.execute(_with_code().where(_job.c.id == job_id)).one_or_none()
    if row is None:
        return None
    tried = tables.job_attempt
    attempts = tuple(
        AttemptRow(one.worker, one.started_at, one.ended_at, one.transition, one.error_class,
                   one.error_text)
        for one in database.execute(
            select(tried).where(tried.c.job_id == job_id).order_by(tried.c.token)
        )
    )  # fmt: skip
    return JobDetail(
        job=_row(row), queue=row.queue, payload=row.payload, max_attempts=row.max_attempts,
        crash_count=row.crash_count, hold_reason=row.hold_reason, wake_on=row.wake_on or "",
        cancel_requested=row.cancel_requested, superseded_by=row.superseded_by or "",
        cause=_cause(database, row), acts=_acts(database, job_id), attempts=attempts,
        exchanges=_exchanges(database, row.connection_id, attempts),
    )  # fmt: skip


def _cause(database: Connection, row: Any) -> str:
    if row.event_id is None:
        return f"job {row.caused_by}" if row.caused_by else ""
    fact = tables.event
    found = database.execute(select(fact.c.kind).where(fact.c.id == row.event_id)).scalar()
    return str(found or "")


def _acts(database: Connection, job_id: str) -> tuple[ActRow, ...]:
    act = tables.job_act
    found = database.execute(select(act).where(act.c.job_id == job_id).order_by(act.c.id))
    return tuple(ActRow(row.at, row.transition, row.by, row.reason) for row in found)


def _exchanges(
    database: Connection, connection_id: str | None, attempts: Sequence[AttemptRow]
) -> tuple[ExchangeRow, ...]:
    if connection_id is None or not attempts:
        return ()
    call, last = tables.exchange, attempts[-1]
    query = (
        select(call)
        .where(call.c.connection_id == connection_id, call.c.at >= attempts[0].started_at)
        .order_by(call.c.at.desc())
        .limit(50)
    )
    if last.ended_at is not None:
        query = query.where(call.c.at <= last.ended_at + _FLUSHED_WITHIN)
    return tuple(
        ExchangeRow(row.at, row.method, row.path, row.status, row.outcome, row.elapsed_ms)
        for row in database.execute(query)
    )


def jobs_by_state(database: Connection) -> dict[str, int]:
    """Count jobs by state, in the order of the states; read from an index alone."""
    rows = database.execute(select(_job.c.state, func.count()).group_by(_job.c.state))
    found = {state: count for state, count in rows}
    return {state.value: found[state.value] for state in JobState if state.value in found}


SHOP_SYNC = ("pull_products", "pull_orders", "open_books")
"""The jobs that the first sync of a shop consists of, in the order they are done."""

SYNC = (*SHOP_SYNC, "pull_messages")
"""The jobs that a sync may consist of."""


def sync_jobs(
    database: Connection, connection_id: str, since: str, seen: Collection[str] = ()
) -> list[JobRow]:
    """Give the jobs of a connection's sync: the open ones, those after the id `since`, `seen`."""
    rows = database.execute(
        _with_code()
        .where(_job.c.connection_id == connection_id, _job.c.kind.in_(SYNC))
        .where(_job.c.state.in_(OPEN) | (_job.c.id >= since) | _job.c.id.in_(list(seen)))
        .order_by(_job.c.id)
    )
    return [_row(row) for row in rows]


def work_left(database: Connection, now: datetime) -> int:
    """Count the jobs that run, or could run now."""
    due = (_job.c.state == JobState.READY) & (_job.c.run_at <= now)
    shop = tables.connection
    callable_now = (_job.c.connection_id.is_(None)) | (shop.c.state == "active")
    return int(
        database.execute(
            select(func.count())
            .select_from(_job.outerjoin(shop, shop.c.id == _job.c.connection_id))
            .where((_job.c.state == JobState.RUNNING) | (due & callable_now))
        ).scalar_one()
    )
