"""A job leaves its worker without success: again later (T8–T10), crashed (T14) or dead (T16)."""

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, case, select, update
from sqlalchemy.exc import IntegrityError

from hub.store import tables
from hub.store.jobs.running import LeaseLost, RunningJob, end_attempt, held
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job
_IDLE = {"lease_owner": None, "lease_until": None, "dispatched_at": None, "dispatch_count": 0}


def retry_later(
    unit: Unit, job: RunningJob, run_at: datetime, error_class: str, error_text: str
) -> None:
    """T8: the attempt failed and another one may succeed. Raises `LeaseLost`."""
    error = {"last_error_class": error_class, "last_error_text": error_text}
    back_to_ready(unit, job.id, job.token, job.coalesce_key, job.attempt, run_at, error)
    end_attempt(unit, job.id, job.token, "T8", error_class, error_text)


def snooze(unit: Unit, job: RunningJob, run_at: datetime, error_class: str, reason: str) -> None:
    """T9: told to come back; the attempt does not count. Raises `LeaseLost`."""
    why = {"last_error_class": error_class, "last_error_text": reason}
    back_to_ready(unit, job.id, job.token, job.coalesce_key, job.attempt - 1, run_at, why)
    end_attempt(unit, job.id, job.token, "T9", error_class, reason)


def bury(unit: Unit, job: RunningJob, error_class: str, error_text: str) -> None:
    """T16: only a person can help. Raises `LeaseLost`."""
    changed = unit.changed(
        update(_job)
        .where(held(job.id, job.token))
        .values(
            state=JobState.DEAD, finished_at=unit.now, lease_owner=None, lease_until=None,
            last_error_class=error_class, last_error_text=error_text,
        )
    )  # fmt: skip
    if not changed:
        raise LeaseLost(f"job {job.id} is no longer held")
    end_attempt(unit, job.id, job.token, "T16", error_class, error_text)


def back_to_ready(
    unit: Unit, job_id: str, token: int, coalesce_key: str | None,
    attempt: int, run_at: datetime, changes: dict[str, Any],
) -> None:  # fmt: skip
    """Move a running job to ready, or into its pending twin. Raises `LeaseLost`."""
    leave(unit, job_id, token, coalesce_key, attempt, run_at, changes, None)


def leave(
    unit: Unit, job_id: str, token: int, coalesce_key: str | None, attempt: int,
    run_at: datetime, changes: dict[str, Any], wake_on: str | None,
) -> None:  # fmt: skip
    """Move a running job to ready (waiting, with `wake_on`), or into its pending twin.

    One key has one pending row. The twin inherits the attempts and the later of both times; of one
    that waits for something it keeps its own time. Raises `LeaseLost`.
    """
    state = JobState.READY if wake_on is None else JobState.WAITING
    aside = (
        update(_job)
        .where(held(job_id, token))
        .values(state=state, run_at=run_at, attempt=attempt, wake_on=wake_on, **_IDLE, **changes)
    )
    while coalesce_key is None or (twin := _pending_twin(unit, coalesce_key)) is None:
        try:
            with unit.connection.begin_nested() if coalesce_key else nullcontext():
                changed = unit.changed(aside)
        except IntegrityError:  # PostgreSQL: the twin was committed after we looked
            continue
        if not changed:
            raise LeaseLost(f"job {job_id} is no longer held")
        return
    _supersede(unit, job_id, token, twin)
    _inherit(unit, twin, attempt, twin["run_at"] if wake_on else run_at, changes)


def _pending_twin(unit: Unit, coalesce_key: str) -> RowMapping | None:
    statement = select(_job.c.id, _job.c.run_at).where(
        _job.c.coalesce_key == coalesce_key, in_state(*PENDING)
    )
    return unit.execute(statement.with_for_update()).mappings().first()


def _supersede(unit: Unit, job_id: str, token: int, twin: RowMapping) -> None:
    changed = unit.changed(
        update(_job)
        .where(held(job_id, token))
        .values(
            state=JobState.SUPERSEDED, superseded_by=twin["id"], finished_at=unit.now,
            lease_owner=None, lease_until=None,
        )
    )  # fmt: skip
    if not changed:
        raise LeaseLost(f"job {job_id} is no longer held")


def _inherit(
    unit: Unit, twin: RowMapping, attempt: int, run_at: datetime, changes: dict[str, Any]
) -> None:
    crashes = changes.get("crash_count", 0)
    values = changes | {
        "attempt": attempt,
        "run_at": max(run_at, twin["run_at"]),
        "crash_count": case((_job.c.crash_count > crashes, _job.c.crash_count), else_=crashes),
        "dispatched_at": None,
        "dispatch_count": 0,
    }
    unit.execute(update(_job).where(_job.c.id == twin["id"], in_state(*PENDING)).values(**values))
