"""A suspect in a process of its own: that one dying while its parent lives is proof (T14, T15)."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from hub.store import tables
from hub.store.jobs.release import back_to_ready
from hub.store.jobs.retention import CRASH_LOOPS, add_to_tally
from hub.store.jobs.running import end_attempt, held
from hub.store.jobs.states import JobState, in_state
from hub.store.jobs.sweep import OnCrash
from hub.store.unit_of_work import Unit

DEATHS = 2
"""Child processes that a job may kill before it is condemned."""

_job = tables.job


def lease_of(connection: Connection, job_id: str, owner: str) -> datetime | None:
    """Until when this owner holds the job; None when it does not."""
    statement = select(_job.c.lease_until).where(_held_by(job_id, owner))
    return connection.execute(statement).scalar()


def child_died(unit: Unit, job_id: str, owner: str, reason: str, on_crash: OnCrash) -> str:
    """Record that the process which ran a job alone is gone while its parent lives.

    Gives the transition: T14 the first time, T15 when it has killed `DEATHS` children, "" when the
    child had recorded an outcome before it went.
    """
    columns = (_job.c.kind, _job.c.connection_id, _job.c.token, _job.c.coalesce_key,
               _job.c.attempt, _job.c.crash_count, _job.c.solo_deaths)  # fmt: skip
    row = unit.execute(
        select(*columns).where(_held_by(job_id, owner)).with_for_update()
    ).one_or_none()
    if row is None:
        return ""
    counts = {"crash_count": row.crash_count + 1, "solo_deaths": row.solo_deaths + 1}
    if counts["solo_deaths"] < DEATHS:
        counts["suspect"] = True
        back_to_ready(unit, job_id, row.token, row.coalesce_key, row.attempt, unit.now, counts)
        transition = "T14"
    else:
        unit.execute(
            update(_job)
            .where(held(job_id, row.token))
            .values(
                state=JobState.DEAD, finished_at=unit.now, lease_owner=None, lease_until=None,
                last_error_class="crash_loop", last_error_text=reason, **counts,
            )
        )  # fmt: skip
        add_to_tally(unit, {(row.kind, row.connection_id or "", CRASH_LOOPS): 1})
        transition = "T15"
    end_attempt(unit, job_id, row.token, transition, "crashed", reason)
    on_crash(unit, [job_id])
    return transition


def _held_by(job_id: str, owner: str) -> ColumnElement[bool]:
    return and_(_job.c.id == job_id, in_state(JobState.RUNNING), _job.c.lease_owner == owner)
