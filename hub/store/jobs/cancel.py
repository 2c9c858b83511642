"""Ending work no longer wanted: by a person (T17–T19, T22), a newer fact or a later look (T20)."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, not_, or_, select, update

from hub.store import tables
from hub.store.jobs.acts import JobRefusedError, effect_is_open, note_acts
from hub.store.jobs.running import RunningJob, end_attempt, held
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job
_IN_LINE = (JobState.READY, JobState.HELD)


def cancel(unit: Unit, job_id: str, by: str, reason: str) -> JobState:
    """Cancel a job that has not started (T17), or ask one that runs to stop (T18).

    Gives `cancelled`, or `running` for one that will stop at its next safe point. Raises
    `JobRefusedError` for a job that is over, or whose effect is not decided yet.
    """
    row = _read(unit, job_id)
    if row["effect_open"]:
        raise JobRefusedError(
            f"job {job_id} carries an effect that is not decided; without it nobody would learn "
            f"what became of it: see hub effects list"
        )
    if row["state"] == JobState.RUNNING:
        asked = update(_job).where(_job.c.id == job_id, in_state(JobState.RUNNING))
        if unit.changed(asked.values(cancel_requested=True)):
            note_acts(unit, [job_id], "T18", by, reason)
            return JobState.RUNNING
    elif row["state"] in PENDING and _end(unit, job_id, PENDING, JobState.CANCELLED):
        note_acts(unit, [job_id], "T17", by, reason)
        return JobState.CANCELLED
    raise JobRefusedError(f"job {job_id} is {row['state']}: there is nothing to cancel")


def dismiss(unit: Unit, job_id: str, by: str, reason: str) -> None:
    """T22: a person has looked at a dead job and says why it needs no more. `JobRefusedError`."""
    if not reason.strip():
        raise JobRefusedError(f"say why job {job_id} needs nothing more")
    row = _read(unit, job_id)
    if row["state"] != JobState.DEAD:
        raise JobRefusedError(f"job {job_id} is {row['state']}, not dead")
    if row["effect_open"]:
        raise JobRefusedError(
            f"job {job_id} carries an effect that is not decided; hub effects resolve decides it"
        )
    if not _end(unit, job_id, (JobState.DEAD,), JobState.CANCELLED):
        raise JobRefusedError(f"job {job_id} is no longer dead")
    note_acts(unit, [job_id], "T22", by, reason)


def supersede(
    unit: Unit,
    kinds: Collection[str],
    subject: str,
    by: str,
    reason: str,
    newer: str | None = None,
) -> list[str]:
    """T20: a newer fact makes these jobs of a subject pointless; `newer` is the job that stands.

    What runs, waits for an answer, or has an undecided effect is left alone. Gives their ids.
    """
    ended = unit.execute(
        update(_job)
        .where(
            _job.c.subject == subject,
            _job.c.kind.in_(kinds),
            in_state(*_IN_LINE),
            _job.c.id != (newer or ""),
            not_(effect_is_open()),
        )
        .values(state=JobState.SUPERSEDED, superseded_by=newer, finished_at=unit.now)
        .returning(_job.c.id)
    )
    ids = sorted(ended.scalars())
    note_acts(unit, ids, "T20", by, reason)
    return ids


def heal_dead(unit: Unit, job: RunningJob) -> list[str]:
    """T20: a later look succeeded, and did what these dead ones of its kind and subject owed."""
    healed = unit.execute(
        update(_job)
        .where(
            _job.c.subject == job.subject,
            _job.c.kind == job.kind,
            in_state(JobState.DEAD),
            _job.c.id != job.id,
            not_(effect_is_open()),
        )
        .values(state=JobState.SUPERSEDED, superseded_by=job.id)
        .returning(_job.c.id)
    )
    ids = sorted(healed.scalars())
    note_acts(unit, ids, "T20", "hub", f"a later {job.kind} succeeded")
    return ids


def stop_if_asked(unit: Unit, job: RunningJob) -> bool:
    """T19: end a job in hand that somebody asked to stop and that may; else False."""
    stopped = unit.changed(
        update(_job)
        .where(held(job.id, job.token), _job.c.cancel_requested, not_(effect_is_open()))
        .values(
            state=JobState.CANCELLED,
            finished_at=unit.now,
            lease_owner=None,
            lease_until=None,
            hold_reason="",
        )
    )
    if stopped:
        end_attempt(unit, job.id, job.token, "T19", "cancelled")
    return bool(stopped)


def asked_to_stop(unit: Unit, jobs: Sequence[RunningJob]) -> list[RunningJob]:
    """Give those of the jobs in hand that somebody wants stopped, and that may stop."""
    if not jobs:
        return []
    mine = or_(*(held(job.id, job.token) for job in jobs))
    asked = select(_job.c.id, _job.c.token).where(
        mine, _job.c.cancel_requested, not_(effect_is_open())
    )
    found = {(row.id, row.token) for row in unit.execute(asked)}
    return [job for job in jobs if (job.id, job.token) in found]


def _read(unit: Unit, job_id: str) -> RowMapping:
    statement = select(_job.c.state, effect_is_open().label("effect_open"))
    row = (
        unit.execute(statement.where(_job.c.id == job_id).with_for_update(of=_job))
        .mappings()
        .first()
    )
    if row is None:
        raise JobRefusedError(f"there is no job {job_id}")
    return row


def _end(unit: Unit, job_id: str, states: Sequence[JobState], to: JobState) -> int:
    return unit.changed(
        update(_job)
        .where(_job.c.id == job_id, in_state(*states))
        .values(state=to, finished_at=unit.now, hold_reason="", dispatched_at=None)
    )
