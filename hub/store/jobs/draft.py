"""Writing owed work beside the fact that caused it (T1), or into the row that waits (T2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, case, null, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.ids import new_id
from hub.store.jobs.states import PENDING, JobState, in_state
from hub.store.unit_of_work import Unit

QUEUES = ("intake", "orders", "stock", "money", "bulk", "maintenance")
MAX_PAYLOAD_BYTES = 4096
RUNG_AT_MOST = 32
"""Jobs of one unit that start by the bell; the relay feeds the rest as workers become free."""

_PENDING = text("state IN ('ready', 'held', 'waiting')")
_job = tables.job
_FRESH: dict[str, Any] = {
    "state": JobState.READY, "outcome": "", "attempt": 0, "crash_count": 0, "suspect": False,
    "token": 0, "dispatch_count": 0, "cancel_requested": False, "hold_reason": "",
    "last_error_class": "", "last_error_text": "", "counters": {},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JobDraft:
    """A job to be owed. Payload, keys and subject carry ids only, never a person or a secret."""

    kind: str
    queue: str
    connection_id: str | None = None
    subject: str = ""
    serial_key: str | None = None
    """Jobs with the same one run one after the other, in the order they were inserted."""
    coalesce_key: str | None = None
    """A second job with the same one joins the first as long as that has not started."""
    event_id: str | None = None
    priority: int = 100
    """Lower runs first."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    run_at: datetime | None = None
    """Not before this instant; None means now."""
    deadline_at: datetime | None = None
    max_attempts: int = 10
    correlation_id: str = ""
    caused_by: str | None = None

    def __post_init__(self) -> None:
        if self.queue not in QUEUES:
            raise ValueError(f"no queue {self.queue!r}; there are {', '.join(QUEUES)}")
        size = len(msgspec.json.encode(self.payload))
        if size > MAX_PAYLOAD_BYTES:
            raise ValueError(
                f"the payload of {self.kind} has {size} bytes; a job carries ids, "
                f"at most {MAX_PAYLOAD_BYTES} bytes"
            )


def insert_jobs(unit: Unit, drafts: Iterable[JobDraft]) -> list[str]:
    """Write jobs into this unit; give the ids of the rows that now owe the work, in draft order.

    A draft whose `coalesce_key` is pending already joins that row (earlier run_at, more urgent
    priority). A draft for an (event, kind) that has a row changes nothing and gives no id.
    """
    rows = [_row(unit, draft) for draft in drafts]
    coalesced = _merged(row for row in rows if row["coalesce_key"] is not None)
    standing = _insert(unit, [row for row in rows if row["coalesce_key"] is None])
    standing |= _upsert(unit, _unseen(unit, coalesced))
    ids = [standing[key] for row in rows if (key := row["coalesce_key"] or row["id"]) in standing]
    ring_for(unit, list(dict.fromkeys(ids)))
    return ids


def is_owed(connection: Connection, coalesce_key: str) -> bool:
    """Whether a job with this key is pending or running."""
    open_ones = select(_job.c.id).where(_job.c.coalesce_key == coalesce_key)
    pending, running = in_state(*PENDING), in_state(JobState.RUNNING)
    return any(connection.execute(open_ones.where(one)).first() for one in (pending, running))


def _row(unit: Unit, draft: JobDraft) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": draft.kind,
        "queue": draft.queue,
        "connection_id": draft.connection_id,
        "subject": draft.subject,
        "serial_key": draft.serial_key,
        "coalesce_key": draft.coalesce_key,
        "event_id": draft.event_id,
        "priority": draft.priority,
        "payload": dict(draft.payload),
        "run_at": draft.run_at or unit.now,
        "deadline_at": draft.deadline_at,
        "max_attempts": draft.max_attempts,
        "correlation_id": draft.correlation_id,
        "caused_by": draft.caused_by,
        "created_at": unit.now,
        **_FRESH,
    }


def _merged(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per key: a statement may not change the same row twice."""
    by_key: dict[str, dict[str, Any]] = {}
    for row in rows:
        first = by_key.setdefault(row["coalesce_key"], row)
        first["run_at"] = min(first["run_at"], row["run_at"])
        first["priority"] = min(first["priority"], row["priority"])
    return list(by_key.values())


def _unseen(unit: Unit, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out reactions that are written already; an upsert can watch one unique key only."""
    events = {row["event_id"] for row in rows} - {None}
    if not events:
        return rows
    written = select(_job.c.event_id, _job.c.kind).where(_job.c.event_id.in_(events))
    seen = {(row.event_id, row.kind) for row in unit.execute(written)}
    return [row for row in rows if (row["event_id"], row["kind"]) not in seen]


def _insert(unit: Unit, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    if not rows:
        return {}
    statement = _insert_for(unit).on_conflict_do_nothing(index_elements=["event_id", "kind"])
    inserted = unit.execute(statement.returning(_job.c.id), rows).scalars()
    return {job_id: job_id for job_id in inserted}


def _upsert(unit: Unit, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    if not rows:
        return {}
    insert = _insert_for(unit)
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["coalesce_key"],
        index_where=_PENDING,
        set_={
            name: case((new[name] < _job.c[name], new[name]), else_=_job.c[name])
            for name in ("run_at", "priority")
        }
        | {"deadline_at": _later(new["deadline_at"], _job.c.deadline_at)},
    )
    standing = unit.execute(statement.returning(_job.c.coalesce_key, _job.c.id), rows)
    return {row.coalesce_key: row.id for row in standing}


def _later(one: Any, other: Any) -> Any:
    """What joins a waiting job must not inherit its age; no deadline is the latest of all."""
    return case((or_(one.is_(None), other.is_(None)), null()), (one > other, one), else_=other)


def _insert_for(unit: Unit) -> Any:
    insert = sqlite.insert if unit.dialect == "sqlite" else postgresql.insert
    return insert(_job)


def ring_for(unit: Unit, ids: Sequence[str]) -> None:
    """Mark what may start as dispatched (T3): the bell rings for it right after the commit."""
    if not (unit.rings and ids):
        return
    due = (in_state(JobState.READY), _job.c.run_at <= unit.now, _job.c.dispatched_at.is_(None))
    chosen = ids[: max(0, RUNG_AT_MOST - len(unit.due_jobs))]
    marked = unit.execute(
        update(_job)
        .where(_job.c.id.in_(chosen), *due)
        .values(dispatched_at=unit.now, dispatch_count=_job.c.dispatch_count + 1)
        .returning(_job.c.id)
    )
    rung = set(marked.scalars())
    unit.due_jobs += [job_id for job_id in chosen if job_id in rung]
