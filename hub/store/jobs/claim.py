"""Taking a job to run it (T4), or saying when it may be taken (T5)."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.jobs.cancel import asked_to_stop
from hub.store.jobs.running import CARRIED, RunningJob
from hub.store.jobs.states import JobState, in_line, in_state
from hub.store.pacing_rows import room_now
from hub.store.unit_of_work import Store, Unit

LEASE = timedelta(seconds=60)
_JITTER = timedelta(milliseconds=20)

_job = tables.job
_connection = tables.connection
_attempt = tables.job_attempt


class MustRunAlone(Exception):  # noqa: N818 - an answer, not an error
    """The job was there at several crashes: it must not run beside others."""


def claim(
    store: Store, job_id: str, worker: str, chance: Callable[[], float] = random.random,
    alone: bool = True,
) -> RunningJob | None:  # fmt: skip
    """Take a due job for `worker` (boot id and thread); None means it is not to be run now.

    Messages may be lost, doubled or late, so None is the everyday answer to most of them. A process
    that is not `alone` with its job gets no suspect: raises `MustRunAlone`.
    """
    with store.reading() as connection:  # a late or doubled message must not cost the writer
        seen = connection.execute(_DUE, {"job_id": job_id, "now": store.clock()}).first()
    if seen is None:
        return None
    if seen.suspect and not alone:
        raise MustRunAlone
    try:
        with store.unit_of_work() as unit:
            return _claim(unit, job_id, worker, chance)
    except IntegrityError:  # PostgreSQL: another worker took the same serial key this instant
        with store.unit_of_work() as unit:
            row = _due(unit, job_id)
            if row is not None:
                _come_back(unit, row, unit.now, chance)
        return None


def _due(unit: Unit, job_id: str) -> RowMapping | None:
    return unit.execute(_DUE, {"job_id": job_id, "now": unit.now}).mappings().first()


def _claim(unit: Unit, job_id: str, worker: str, chance: Callable[[], float]) -> RunningJob | None:
    row = _due(unit, job_id)
    if row is None:
        return None
    epoch = None
    free_at = _serial_free_at(unit, row)
    if row["connection_id"] is not None:
        gate = _lock_connection(unit, row["connection_id"])
        if gate is None or gate["state"] != ConnectionState.ACTIVE:
            _hold(unit, row, gate["state"] if gate else "the connection is gone")
            return None
        epoch = gate["epoch"]
        if _is_full(unit, row["connection_id"], gate["concurrency"]):
            free_at = free_at or unit.now
    if free_at is not None:
        _come_back(unit, row, free_at, chance)
        return None
    return _take(unit, row, worker, epoch)


def _lock_connection(unit: Unit, connection_id: str) -> RowMapping | None:
    """Read the connection and keep others from counting its running jobs until we commit."""
    return unit.execute(_GATE, {"id": connection_id}).mappings().first()


def _is_full(unit: Unit, connection_id: str, concurrency: int) -> bool:
    """Whether as many of its jobs run as may; one always may."""
    running = int(unit.execute(_RUNNING, {"id": connection_id}).scalar_one())
    if not 0 < running < concurrency:
        return running > 0
    return running >= room_now(unit.connection, connection_id, concurrency, unit.now)


def _serial_free_at(unit: Unit, row: RowMapping) -> datetime | None:
    """When a job that must go first may be done; None when there is none.

    That is a running one with the same key, or an older one in line. A dead one blocks where money
    is: there a person looks before the next step is taken. Of one that waits for something nobody
    knows when it is done, so that its time says nothing.
    """
    blockers = []
    if row["serial_key"] is not None:
        given = {"key": row["serial_key"], "id": row["id"], "now": unit.now}
        statement = _FIRST_WHERE_MONEY_IS if row["queue"] == "money" else _FIRST
        blockers.append(unit.execute(statement, given).scalar())
    if row["coalesce_key"] is not None:
        blockers.append(unit.execute(_TWIN, {"key": row["coalesce_key"]}).scalar())
    found = [run_at for run_at in blockers if run_at is not None]
    return max((*found, unit.now)) if found else None


def _take(unit: Unit, row: RowMapping, worker: str, epoch: int | None) -> RunningJob | None:
    token, attempt = row["token"] + 1, row["attempt"] + 1
    taken = _change(
        unit, row, state=JobState.RUNNING, token=token, attempt=attempt,
        lease_owner=worker, lease_until=unit.now + LEASE, wake_on=None,
    )  # fmt: skip
    if not taken:
        return None
    unit.execute(
        _BEGIN,
        {
            "job_id": row["id"], "token": token, "worker": worker, "started_at": unit.now,
            "transition": "", "error_class": "", "error_text": "",
        },
    )  # fmt: skip
    carried = {name: row[name] for name in CARRIED} | {"attempt": attempt}
    job = RunningJob(**carried, token=token, owner=worker, epoch=epoch)
    if row["cancel_requested"] and asked_to_stop(unit, [job]):
        job.pulse.cancelled.set()
    return job


def _come_back(unit: Unit, row: RowMapping, free_at: datetime, chance: Callable[[], float]) -> None:
    """T5: not now, and this was no attempt."""
    _change(unit, row, run_at=free_at + _JITTER * chance(), dispatched_at=None, dispatch_count=0)


def _hold(unit: Unit, row: RowMapping, reason: str) -> None:
    """T12 for a job that was written while its connection could not be used."""
    _change(
        unit, row, state=JobState.HELD, hold_reason=reason, dispatched_at=None, dispatch_count=0
    )


def _change(unit: Unit, row: RowMapping, **values: Any) -> int:
    return unit.changed(_CHANGE, values | {"seen_id": row["id"], "seen_token": row["token"]})


def _first(*blocking: ColumnElement[bool]) -> Any:
    free = case((in_state(JobState.WAITING), _job.c.created_at), else_=_job.c.run_at)
    older = (_job.c.id < bindparam("id")) & or_(in_line(bindparam("now")), *blocking)
    same = _job.c.serial_key == bindparam("key")
    return select(func.max(free)).where(same, or_(older, in_state(JobState.RUNNING)))


# built once: building a statement costs a small job more than running it
_DUE = select(_job).where(
    _job.c.id == bindparam("job_id"), in_state(JobState.READY), _job.c.run_at <= bindparam("now")
)
_CHANGE = update(_job).where(
    _job.c.id == bindparam("seen_id"), in_state(JobState.READY),
    _job.c.token == bindparam("seen_token"),
)  # fmt: skip
_BEGIN = insert(_attempt)
_FIRST = _first()
_FIRST_WHERE_MONEY_IS = _first(in_state(JobState.DEAD))
_TWIN = select(func.max(_job.c.run_at)).where(
    _job.c.coalesce_key == bindparam("key"), in_state(JobState.RUNNING)
)
_GATE = (
    select(_connection.c.state, _connection.c.concurrency, _connection.c.epoch)
    .where(_connection.c.id == bindparam("id"))
    .with_for_update()
)
_RUNNING = select(func.count()).where(
    _job.c.connection_id == bindparam("id"), in_state(JobState.RUNNING)
)
