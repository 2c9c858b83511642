"""A connection that may not be used holds its jobs (T12) and gives them back gently (T13)."""

from datetime import timedelta

from sqlalchemy import bindparam, select, update

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

RESUME_WITHIN = timedelta(seconds=60)
_STEP_AT_MOST = timedelta(seconds=1)

_job = tables.job
_connection = tables.connection


def hold_connection_jobs(unit: Unit, connection_id: str, reason: str) -> int:
    """T12: park what has not started; what runs ends by itself. Give how many were held."""
    return unit.changed(
        update(_job)
        .where(_job.c.connection_id == connection_id, in_state(JobState.READY, JobState.WAITING))
        .values(state=JobState.HELD, hold_reason=reason, dispatched_at=None, dispatch_count=0)
    )


def resume_connection_jobs(unit: Unit, connection_id: str) -> int:
    """T13: release held jobs over a minute, urgent ones first, then the oldest.

    Gives how many were released: none unless the connection is active.
    """
    state = unit.execute(
        select(_connection.c.state).where(_connection.c.id == connection_id).with_for_update()
    ).scalar()
    if state != ConnectionState.ACTIVE:
        return 0
    held = unit.execute(
        select(_job.c.id, _job.c.run_at)
        .where(_job.c.connection_id == connection_id, in_state(JobState.HELD))
        .order_by(_job.c.priority, _job.c.id)
    ).all()
    if not held:
        return 0
    step = min(_STEP_AT_MOST, RESUME_WITHIN / len(held))
    release = (
        update(_job)
        .where(_job.c.id == bindparam("job_id"), in_state(JobState.HELD))
        .values(
            state=JobState.READY,
            hold_reason="",
            run_at=bindparam("at"),
            last_error_class="",  # what was refused then says nothing about the new credentials
        )
    )
    unit.execute(
        release,
        [
            {"job_id": row.id, "at": max(row.run_at, unit.now + step * place)}
            for place, row in enumerate(held)
        ],
    )
    return len(held)


def auth_failed_before(unit: Unit, connection_id: str) -> bool:
    """Whether an open job of this connection was last refused its credentials or its account."""
    statement = select(_job.c.id).where(
        _job.c.connection_id == connection_id,
        in_state(*PENDING, JobState.RUNNING),
        _job.c.last_error_class.in_(("auth", "account")),
    )
    return unit.execute(statement.limit(1)).first() is not None


def stop_connection(
    unit: Unit,
    connection_id: str,
    reason: str,
    state: ConnectionState = ConnectionState.NEEDS_AUTH,
) -> None:
    """Stop using a connection until a person renews or resumes it; its jobs are held."""
    unit.execute(
        update(_connection)
        .where(_connection.c.id == connection_id, _connection.c.state == ConnectionState.ACTIVE)
        .values(state=state, reason=reason, epoch=_connection.c.epoch + 1)
    )
    hold_connection_jobs(unit, connection_id, state)


def wake_connection_jobs(unit: Unit, connection_id: str) -> int:
    """Let jobs that waited for a later look run now: what they waited for has come."""
    return unit.changed(
        update(_job)
        .where(
            _job.c.connection_id == connection_id,
            in_state(JobState.READY),
            _job.c.run_at > unit.now,
        )
        .values(run_at=unit.now, dispatched_at=None, dispatch_count=0)
    )
