"""Parking a job for something outside (T10), and letting it go on when that has come (T11)."""

from datetime import datetime

from sqlalchemy import case, select, update

from hub.store import tables
from hub.store.jobs.draft import ring_for
from hub.store.jobs.release import leave
from hub.store.jobs.running import RunningJob, end_attempt
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job


def park(unit: Unit, job: RunningJob, wake_on: str, until: datetime, reason: str) -> None:
    """T10: wait for `wake(unit, wake_on)`, at the latest until `until`; no attempt is counted.

    A pending twin takes over at its own time instead: it looks for itself what there is to wait
    for. Park in the unit that saw that the thing has not come, or it may come unheard in between;
    the fallback time is for the rest. Raises `LeaseLost`.
    """
    why = {"last_error_class": "waiting", "last_error_text": reason}
    leave(unit, job.id, job.token, job.coalesce_key, job.attempt - 1, until, why, wake_on)
    end_attempt(unit, job.id, job.token, "T10", "waiting", reason)


def wake(unit: Unit, wake_on: str) -> list[str]:
    """T11: what a job waited for has come; call it in the transaction that stores the fact.

    One that was held meanwhile stays held and is due at once when its connection is resumed. Gives
    the ids of all that were woken.
    """
    woken = unit.execute(
        update(_job)
        .where(_job.c.wake_on == wake_on, in_state(*PENDING))
        .values(
            state=case((in_state(JobState.HELD), JobState.HELD), else_=JobState.READY),
            run_at=case((_job.c.run_at < unit.now, _job.c.run_at), else_=unit.now),
            wake_on=None, dispatched_at=None, dispatch_count=0,
        )
        .returning(_job.c.id)
    )  # fmt: skip
    ids = sorted(woken.scalars())
    ring_for(unit, ids)
    return ids


def wake_due(unit: Unit) -> list[str]:
    """T11 for every job whose fallback time has come; it looks for itself what to do."""
    late = select(_job.c.id).where(in_state(JobState.WAITING), _job.c.run_at <= unit.now)
    woken = unit.execute(
        update(_job)
        .where(_job.c.id.in_(late), in_state(JobState.WAITING))
        .values(state=JobState.READY, wake_on=None, dispatched_at=None, dispatch_count=0)
        .returning(_job.c.id)
    )
    return sorted(woken.scalars())
