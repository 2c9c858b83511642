"""A person sends a dead job round again (T21)."""

from sqlalchemy import select, update

from hub.records.connection import ConnectionState
from hub.sdk.errors import HubError
from hub.store import tables
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job
_connection = tables.connection


class ReplayRefusedError(HubError):
    """The job cannot be replayed as things stand; the text says why."""


def replay(unit: Unit, job_id: str) -> None:
    """T21: a dead job becomes ready with fresh attempts and the same keys.

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
            state=JobState.READY, run_at=unit.now, attempt=0, crash_count=0, suspect=False,
            dispatched_at=None, dispatch_count=0, finished_at=None,
            deadline_at=deadline and unit.now + (deadline - row["created_at"]),
        )
    )  # fmt: skip


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
