"""Choosing the due jobs that workers are told of (T3), fairly between connections."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from hub.store import tables
from hub.store.jobs.states import JobState, in_line, in_state
from hub.store.unit_of_work import Unit

AT_MOST = 200
"""Jobs told of in one pass."""
LOCAL_ROOM = 64
"""Jobs without a connection that may be told of and unfinished at one time."""
_CHOOSING = 7_201_482
"""The number of the advisory lock by which relays on one PostgreSQL database take turns."""
_REDISPATCH_S = (5, 10, 20, 40, 80, 160, 300)
"""A message unanswered for so long counts as lost: by how often it was sent."""

_job = tables.job
_connection = tables.connection


@dataclass(frozen=True)
class Due:
    """What a look at the database found to be owed now, and when something is owed next."""

    expired: bool
    slots: bool
    jobs: bool
    woken: bool
    next_at: datetime | None

    @property
    def anything(self) -> bool:
        """Whether a unit of work is worth opening."""
        return self.expired or self.slots or self.jobs or self.woken


def look(connection: Connection, now: datetime) -> Due:
    """See what is due, by index look-ups only: an idle hub asks this every second."""
    row = connection.execute(_LOOK, _instants(now)).one()
    slot_due = row.slot_at is not None and row.slot_at <= now
    times = [at for at in (row.job_at, row.fallback_at, row.slot_at) if at is not None and at > now]
    return Due(
        bool(row.expired), slot_due, bool(row.jobs), bool(row.woken), min(times, default=None)
    )


def dispatch_due(unit: Unit) -> list[str]:
    """T3: mark jobs that can start as dispatched; give their ids, to be sent after the commit.

    Each connection is told of twice as many as it may run at one time, so that one with ten
    thousand jobs does not stand in the way of one with two. Of several relays one chooses.
    """
    if not _nobody_else_chooses(unit):
        return []
    outstanding = _outstanding(unit)
    known = unit.execute(select(_connection.c.id, _connection.c.concurrency))
    rooms: dict[str | None, int] = {row.id: 2 * row.concurrency for row in known}
    rooms[None] = LOCAL_ROOM
    heads: Sequence[Any] = [
        head
        for lane, room in rooms.items()
        if (left := room - outstanding.get(lane, 0)) > 0
        for head in _heads(unit.connection, lane, unit.now, left)
    ]
    if not heads and not outstanding:
        heads = unit.execute(_ORPHANS, _instants(unit.now)).all()
    oldest = sorted(heads, key=lambda head: (head.run_at, head.priority, head.id))[:AT_MOST]
    return _tell(unit, [head.id for head in oldest])


def _nobody_else_chooses(unit: Unit) -> bool:
    """Whether this unit may choose: two at a time would only mark the same rows crosswise.

    The right ends with the transaction, so that a relay that freezes cannot keep it for itself.
    """
    if unit.dialect != "postgresql":
        return True
    return bool(unit.execute(select(func.pg_try_advisory_xact_lock(_CHOOSING))).scalar())


def dispatch_next(unit: Unit, connection_id: str) -> list[str]:
    """T3 for one connection, one of whose jobs has ended: the next takes its place."""
    return _tell(unit, [head.id for head in _heads(unit.connection, connection_id, unit.now, 1)])


def waits_for_room(connection: Connection, connection_id: str, now: datetime) -> bool:
    """Whether a job of this connection could start now and nobody was told of it."""
    return bool(_heads(connection, connection_id, now, 1))


def _tell(unit: Unit, job_ids: Sequence[str]) -> list[str]:
    """Mark jobs as dispatched; give those that no other relay has marked, in this order."""
    if not job_ids:
        return []
    marked = unit.execute(_MARK, _instants(unit.now) | {"ids": list(job_ids)})
    won = set(marked.scalars())
    return [job_id for job_id in job_ids if job_id in won]


def queues_of(connection: Connection, job_ids: Sequence[str]) -> Mapping[str, str]:
    """Give the queue of each of these jobs."""
    statement = select(_job.c.id, _job.c.queue).where(_job.c.id.in_(job_ids))
    return {row.id: row.queue for row in connection.execute(statement)}


def _outstanding(unit: Unit) -> dict[str | None, int]:
    """Jobs per connection that were told of and have not ended, lost messages left out."""
    return Counter(
        found
        for statement in _OUTSTANDING
        for found in unit.execute(statement, _instants(unit.now)).scalars()
    )


def _heads(connection: Connection, lane: str | None, now: datetime, most: int) -> Sequence[Any]:
    """Give due jobs of a connection (None: of none) that nothing stands before, in their order."""
    statement = _HEADS if lane is not None else _LOCAL_HEADS
    given = _instants(now) | {"lane": lane, "most": most}
    return connection.execute(statement, given).all()


def _instants(now: datetime) -> dict[str, Any]:
    """Give the instants the statements below compare with."""
    lost = {f"lost_{n}": now - timedelta(seconds=s) for n, s in enumerate(_REDISPATCH_S, start=1)}
    return {"now": now, **lost}


# --- statements, built once: building one costs more than running it --------------------------


def _untold() -> ColumnElement[bool]:
    """Never dispatched, or so long ago that the message must be lost."""
    sent, times = _job.c.dispatched_at, _job.c.dispatch_count
    last = len(_REDISPATCH_S)
    lost = [and_(times == n, sent <= bindparam(f"lost_{n}")) for n in range(1, last)]
    lost.append(and_(times >= last, sent <= bindparam(f"lost_{last}")))
    return or_(sent.is_(None), *lost)


def _look() -> Any:
    now: Any = bindparam("now")
    ready, waiting = in_state(JobState.READY), in_state(JobState.WAITING)
    slot = tables.schedule.c
    slots = select(func.min(slot.next_at)).where(slot.enabled).scalar_subquery()
    later, fallback = (
        select(func.min(_job.c.run_at)).where(state, _job.c.run_at > now).scalar_subquery()
        for state in (ready, waiting)
    )
    return select(
        exists().where(in_state(JobState.RUNNING), _job.c.lease_until < now).label("expired"),
        exists().where(ready, _job.c.run_at <= now, _untold()).label("jobs"),
        exists().where(waiting, _job.c.run_at <= now).label("woken"),
        slots.label("slot_at"),
        later.label("job_at"),
        fallback.label("fallback_at"),
    )


def _outstanding_by_index() -> tuple[Any, ...]:
    """Counted apart and by named index, or SQLite may walk every job there ever was."""
    told = in_state(JobState.READY) & _job.c.dispatched_at.is_not(None) & not_(_untold())
    return tuple(
        select(_job.c.connection_id).where(which).with_hint(_job, f"INDEXED BY {index}", "sqlite")
        for index, which in (("ix_job_sent", told), ("ix_job_lease", in_state(JobState.RUNNING)))
    )


def _orphans() -> Any:
    """Due jobs whose connection does not exist: a claim will hold them, where someone sees it."""
    known = exists().where(_connection.c.id == _job.c.connection_id)
    due = (in_state(JobState.READY), _job.c.run_at <= bindparam("now"), _untold())
    return (
        select(_job.c.id, _job.c.run_at, _job.c.priority)
        .where(*due, _job.c.connection_id.is_not(None), not_(known))
        .order_by(_job.c.run_at)
        .limit(LOCAL_ROOM)
    )


def _heads_of(lane: ColumnElement[bool]) -> Any:
    now: Any = bindparam("now")
    other = _job.alias()
    running = in_state(JobState.RUNNING, of=other)
    older = and_(other.c.id < _job.c.id, in_line(now, of=other))
    first = exists().where(other.c.serial_key == _job.c.serial_key, or_(running, older))
    twin = exists().where(other.c.coalesce_key == _job.c.coalesce_key, running)
    dead = in_state(JobState.DEAD, of=other)
    older_dead = and_(other.c.serial_key == _job.c.serial_key, other.c.id < _job.c.id, dead)
    # asked apart from `first`, which an index answers
    behind_dead = and_(_job.c.queue == "money", exists().where(older_dead))
    due = (in_state(JobState.READY), _job.c.run_at <= now, _untold())
    return (
        select(_job.c.id, _job.c.run_at, _job.c.priority)
        .where(lane, *due, not_(first), not_(twin), not_(behind_dead))
        .order_by(_job.c.priority, _job.c.run_at, _job.c.id)
        .limit(bindparam("most"))
    )


_LOOK = _look()
_OUTSTANDING = _outstanding_by_index()
_ORPHANS = _orphans()
_HEADS = _heads_of(_job.c.connection_id == bindparam("lane"))
_LOCAL_HEADS = _heads_of(_job.c.connection_id.is_(None))
_MARK = (
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)), in_state(JobState.READY), _untold())
    .values(dispatched_at=bindparam("now"), dispatch_count=_job.c.dispatch_count + 1)
    .returning(_job.c.id)
)
