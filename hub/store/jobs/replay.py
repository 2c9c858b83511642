"""A person sends dead jobs round again (T21): one, or many, spread over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.jobs.acts import JobRefusedError, note_acts
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Store, Unit

STEP = timedelta(milliseconds=200)
"""Between the jobs of one replay: what was dead for a reason must not come back as a flood."""

_job = tables.job
_connection = tables.connection


class ReplayRefusedError(JobRefusedError):
    """The job cannot be replayed as things stand; the text says why."""


@dataclass(frozen=True)
class DeadFilter:
    """Which dead jobs are meant; empty fields narrow nothing."""

    kind: str = ""
    connection_id: str = ""
    error_class: str = ""
    since: datetime | None = None
    """Those that died at this instant or later."""


def find_dead(connection: Connection, wanted: DeadFilter) -> list[str]:
    """Give the ids of dead jobs, the oldest first."""
    query = select(_job.c.id).where(in_state(JobState.DEAD)).order_by(_job.c.id)
    for column, value in (
        (_job.c.kind, wanted.kind),
        (_job.c.connection_id, wanted.connection_id),
        (_job.c.last_error_class, wanted.error_class),
    ):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(_job.c.finished_at >= wanted.since)
    return list(connection.execute(query).scalars())


def replay_all(
    store: Store, job_ids: Sequence[str], by: str, reason: str, step: timedelta = STEP
) -> dict[str, str]:
    """Replay each in a unit of its own, due one after the other; give the refused with reasons."""
    refused: dict[str, str] = {}
    start = store.clock()
    for place, job_id in enumerate(job_ids):
        try:
            with store.unit_of_work() as unit:
                replay(unit, job_id, by, reason, start + step * place)
        except ReplayRefusedError as error:
            refused[job_id] = str(error)
    return refused


def replay(
    unit: Unit, job_id: str, by: str = "operator", reason: str = "", run_at: datetime | None = None
) -> None:
    """T21: a dead job becomes ready with fresh attempts and the same keys, due at `run_at` (now).

    A deadline starts anew with its first length. Raises `ReplayRefusedError`.
    """
    row = unit.execute(
        select(_job).where(_job.c.id == job_id, in_state(JobState.DEAD)).with_for_update()
    ).mappings().first()  # fmt: skip
    if row is None:
        raise ReplayRefusedError(f"job {job_id} is not dead: there is nothing to replay")
    if row["connection_id"] is not None:
        _refuse_unless_active(unit, row["connection_id"])
    if row["coalesce_key"] is not None:
        _refuse_beside_twin(unit, row["coalesce_key"])
    deadline = row["deadline_at"]
    unit.execute(
        update(_job)
        .where(_job.c.id == job_id, in_state(JobState.DEAD))
        .values(
            state=JobState.READY, run_at=run_at or unit.now, attempt=0, crash_count=0,
            suspect=False, solo_deaths=0, cancel_requested=False, wake_on=None,
            dispatched_at=None, dispatch_count=0, finished_at=None,
            deadline_at=deadline and unit.now + (deadline - row["created_at"]),
        )
    )  # fmt: skip
    note_acts(unit, [job_id], "T21", by, reason)


def _refuse_unless_active(unit: Unit, connection_id: str) -> None:
    state = unit.execute(
        select(_connection.c.state).where(_connection.c.id == connection_id)
    ).scalar()
    if state != ConnectionState.ACTIVE:
        raise ReplayRefusedError(
            f"connection {connection_id} is {state or 'gone'}; make it active first"
        )


def _refuse_beside_twin(unit: Unit, coalesce_key: str) -> None:
    twin = unit.execute(
        select(_job.c.id).where(_job.c.coalesce_key == coalesce_key, in_state(*PENDING))
    ).scalar()
    if twin is not None:
        raise ReplayRefusedError(f"job {twin} is about to do the same work")
