"""Jobs whose worker is gone come back (T14), and leases of living workers go on (T6)."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, and_, or_, select, true, update

from hub.store import tables
from hub.store.jobs.claim import LEASE
from hub.store.jobs.release import back_to_ready
from hub.store.jobs.running import LeaseLost, RunningJob, end_attempt, held
from hub.store.jobs.states import JobState, in_state
from hub.store.unit_of_work import Unit

SUSPECT_AFTER = 3
"""Crashes after which a job is suspected; being there when a host dies is no proof."""

OnCrash = Callable[[Unit, Sequence[str]], None]
"""Told in the same unit which jobs crashed: what they had sent is now unknown."""

_job = tables.job


def extend_leases(unit: Unit, jobs: Sequence[RunningJob]) -> list[RunningJob]:
    """T6: extend what is still held; give the jobs that are not, for their handlers to stop."""
    if not jobs:
        return []
    mine = or_(*(and_(held(job.id, job.token), _job.c.lease_owner == job.owner) for job in jobs))
    extended = unit.execute(
        update(_job)
        .where(mine)
        .values(lease_until=unit.now + LEASE)
        .returning(_job.c.id, _job.c.token)
    )
    kept = {(row.id, row.token) for row in extended}
    return [job for job in jobs if (job.id, job.token) not in kept]


def reap_expired(unit: Unit, on_crash: OnCrash) -> list[str]:
    """T14 for every job whose lease ran out; give their ids."""
    return _crashed(unit, _job.c.lease_until < unit.now, on_crash)


def recover_boot(unit: Unit, boot_id: str, on_crash: OnCrash) -> list[str]:
    """T14 at once for every job of another boot; only for an engine that is alone on its database.

    Messages died with the other boot too, so nothing counts as dispatched any more.
    """
    foreign = _job.c.lease_owner.not_like(f"{boot_id}:%")
    crashed = _crashed(unit, foreign, on_crash)
    recall_dispatched(unit)
    return crashed


def recall_dispatched(unit: Unit, job_ids: Sequence[str] | None = None) -> None:
    """Forget dispatches that nobody will answer: these, or all when the whole queue is gone."""
    which = true() if job_ids is None else _job.c.id.in_(job_ids)
    unit.execute(
        update(_job)
        .where(which, in_state(JobState.READY), _job.c.dispatched_at.is_not(None))
        .values(dispatched_at=None, dispatch_count=0)
    )


def _crashed(unit: Unit, which: ColumnElement[bool], on_crash: OnCrash) -> list[str]:
    columns = (_job.c.id, _job.c.token, _job.c.coalesce_key, _job.c.attempt, _job.c.crash_count)
    rows = unit.execute(select(*columns).where(in_state(JobState.RUNNING), which)).all()
    crashed = []
    for row in rows:
        crashes = row.crash_count + 1
        changes = {"crash_count": crashes, "suspect": crashes >= SUSPECT_AFTER}
        try:
            back_to_ready(unit, row.id, row.token, row.coalesce_key, row.attempt, unit.now, changes)
        except LeaseLost:  # PostgreSQL: it finished, or another relay was here first
            continue
        end_attempt(unit, row.id, row.token, "T14", "crashed")
        crashed.append(row.id)
    if crashed:
        on_crash(unit, crashed)
    return crashed
