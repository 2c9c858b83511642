"""Taking a job to run it (T4), or saying when it may be taken (T5)."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.jobs.running import CARRIED, RunningJob
from hub.store.jobs.states import JobState, in_line, in_state
from hub.store.unit_of_work import Store, Unit

LEASE = timedelta(seconds=60)
_JITTER = timedelta(milliseconds=20)

_job = tables.job
_connection = tables.connection
_attempt = tables.job_attempt


def claim(
    store: Store, job_id: str, worker: str, chance: Callable[[], float] = random.random
) -> RunningJob | None:
    """Take a due job for `worker` (boot id and thread); None means it is not to be run now.

    Messages may be lost, doubled or late, so None is the everyday answer to most of them.
    """
    with store.reading() as connection:  # a late or doubled message must not cost the writer
        if connection.execute(_due(job_id, store.clock())).first() is None:
            return None
    try:
        with store.unit_of_work() as unit:
            return _claim(unit, job_id, worker, chance)
    except IntegrityError:  # PostgreSQL: another worker took the same serial key this instant
        with store.unit_of_work() as unit:
            row = unit.execute(_due(job_id, unit.now)).mappings().first()
            if row is not None:
                _come_back(unit, row, unit.now, chance)
        return None


def _due(job_id: str, now: datetime) -> Any:
    return select(_job).where(_job.c.id == job_id, in_state(JobState.READY), _job.c.run_at <= now)


def _claim(unit: Unit, job_id: str, worker: str, chance: Callable[[], float]) -> RunningJob | None:
    row = unit.execute(_due(job_id, unit.now)).mappings().first()
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
        if _running(unit, row["connection_id"]) >= gate["concurrency"]:
            free_at = free_at or unit.now
    if free_at is not None:
        _come_back(unit, row, free_at, chance)
        return None
    return _take(unit, row, worker, epoch)


def _lock_connection(unit: Unit, connection_id: str) -> RowMapping | None:
    """Read the connection and keep others from counting its running jobs until we commit."""
    columns = (_connection.c.state, _connection.c.concurrency, _connection.c.epoch)
    statement = select(*columns).where(_connection.c.id == connection_id).with_for_update()
    return unit.execute(statement).mappings().first()


def _running(unit: Unit, connection_id: str) -> int:
    statement = select(func.count()).where(
        _job.c.connection_id == connection_id, in_state(JobState.RUNNING)
    )
    return int(unit.execute(statement).scalar_one())


def _serial_free_at(unit: Unit, row: RowMapping) -> datetime | None:
    """When a job that must go first may be done; None when there is none.

    That is a running one with the same key, or an older one in line. A dead one blocks where money
    is: there a person looks before the next step is taken.
    """
    blockers = []
    if row["serial_key"] is not None:
        waiting = in_line(unit.now)
        if row["queue"] == "money":
            waiting |= in_state(JobState.DEAD)
        older = (_job.c.id < row["id"]) & waiting
        same = _job.c.serial_key == row["serial_key"]
        first = or_(older, in_state(JobState.RUNNING))
        blockers.append(select(func.max(_job.c.run_at)).where(same, first))
    if row["coalesce_key"] is not None:
        twin = _job.c.coalesce_key == row["coalesce_key"]
        blockers.append(select(func.max(_job.c.run_at)).where(twin, in_state(JobState.RUNNING)))
    latest = [unit.execute(statement).scalar() for statement in blockers]
    found = [run_at for run_at in latest if run_at is not None]
    return max((*found, unit.now)) if found else None


def _take(unit: Unit, row: RowMapping, worker: str, epoch: int | None) -> RunningJob | None:
    token, attempt = row["token"] + 1, row["attempt"] + 1
    taken = _change(
        unit, row, state=JobState.RUNNING, token=token, attempt=attempt,
        lease_owner=worker, lease_until=unit.now + LEASE,
    )  # fmt: skip
    if not taken:
        return None
    unit.execute(
        insert(_attempt).values(
            job_id=row["id"], token=token, worker=worker, started_at=unit.now,
            transition="", error_class="", error_text="",
        )
    )  # fmt: skip
    carried = {name: row[name] for name in CARRIED} | {"attempt": attempt}
    return RunningJob(**carried, token=token, owner=worker, epoch=epoch)


def _come_back(unit: Unit, row: RowMapping, free_at: datetime, chance: Callable[[], float]) -> None:
    """T5: not now, and this was no attempt."""
    _change(unit, row, run_at=free_at + _JITTER * chance(), dispatched_at=None, dispatch_count=0)


def _hold(unit: Unit, row: RowMapping, reason: str) -> None:
    """T12 for a job that was written while its connection could not be used."""
    _change(
        unit, row, state=JobState.HELD, hold_reason=reason, dispatched_at=None, dispatch_count=0
    )


def _change(unit: Unit, row: RowMapping, **values: Any) -> int:
    seen = (_job.c.id == row["id"], in_state(JobState.READY), _job.c.token == row["token"])
    return unit.changed(update(_job).where(*seen).values(**values))
