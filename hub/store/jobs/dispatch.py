"""Choosing the due jobs that workers are told of (T3), fairly between connections."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select, update

from hub.store import tables
from hub.store.jobs.states import JobState, in_line, in_state
from hub.store.unit_of_work import Unit

AT_MOST = 200
"""Jobs told of in one pass."""
LOCAL_ROOM = 64
"""Jobs without a connection that may be told of and unfinished at one time."""
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
    next_at: datetime | None

    @property
    def anything(self) -> bool:
        """Whether a unit of work is worth opening."""
        return self.expired or self.slots or self.jobs


def look(connection: Connection, now: datetime) -> Due:
    """See what is due, by index look-ups only: an idle hub asks this every second."""
    schedule = tables.schedule
    ready = in_state(JobState.READY)
    expired = in_state(JobState.RUNNING) & (_job.c.lease_until < now)
    enabled = schedule.c.enabled
    slots = select(func.min(schedule.c.next_at)).where(enabled).scalar_subquery()
    later = select(func.min(_job.c.run_at)).where(ready, _job.c.run_at > now).scalar_subquery()
    row = connection.execute(
        select(
            exists().where(expired).label("expired"),
            exists().where(ready, _job.c.run_at <= now, _untold(now)).label("jobs"),
            slots.label("slot_at"),
            later.label("job_at"),
        )
    ).one()
    slot_due = row.slot_at is not None and row.slot_at <= now
    times = [at for at in (row.job_at, row.slot_at) if at is not None and at > now]
    return Due(bool(row.expired), slot_due, bool(row.jobs), min(times, default=None))


def dispatch_due(unit: Unit) -> list[str]:
    """T3: mark jobs that can start as dispatched; give their ids, to be sent after the commit.

    Each connection is told of twice as many as it may run at one time, so that one with ten
    thousand jobs does not stand in the way of one with two.
    """
    outstanding = _outstanding(unit)
    known = unit.execute(select(_connection.c.id, _connection.c.concurrency))
    rooms: dict[str | None, int] = {row.id: 2 * row.concurrency for row in known}
    rooms[None] = LOCAL_ROOM
    heads: Sequence[Any] = [
        head
        for lane, room in rooms.items()
        if (left := room - outstanding.get(lane, 0)) > 0
        for head in unit.execute(_heads(lane, unit.now).limit(left)).all()
    ]
    if not heads and not outstanding:
        heads = unit.execute(_orphans(unit.now).limit(LOCAL_ROOM)).all()
    oldest = sorted(heads, key=lambda head: (head.run_at, head.priority, head.id))[:AT_MOST]
    return _tell(unit, [head.id for head in oldest])


def dispatch_next(unit: Unit, connection_id: str) -> list[str]:
    """T3 for one connection, one of whose jobs has ended: the next takes its place."""
    return _tell(unit, unit.execute(_heads(connection_id, unit.now).limit(1)).scalars().all())


def waits_for_room(connection: Connection, connection_id: str, now: datetime) -> bool:
    """Whether a job of this connection could start now and nobody was told of it."""
    return connection.execute(_heads(connection_id, now).limit(1)).first() is not None


def _tell(unit: Unit, job_ids: Sequence[str]) -> list[str]:
    """Mark jobs as dispatched; give those that no other relay has marked, in this order."""
    if not job_ids:
        return []
    marked = unit.execute(
        update(_job)
        .where(_job.c.id.in_(job_ids), in_state(JobState.READY), _untold(unit.now))
        .values(dispatched_at=unit.now, dispatch_count=_job.c.dispatch_count + 1)
        .returning(_job.c.id)
    )
    won = set(marked.scalars())
    return [job_id for job_id in job_ids if job_id in won]


def queues_of(connection: Connection, job_ids: Sequence[str]) -> Mapping[str, str]:
    """Give the queue of each of these jobs."""
    statement = select(_job.c.id, _job.c.queue).where(_job.c.id.in_(job_ids))
    return {row.id: row.queue for row in connection.execute(statement)}


def _outstanding(unit: Unit) -> dict[str | None, int]:
    """Jobs per connection that were told of and have not ended, lost messages left out."""
    told = in_state(JobState.READY) & _job.c.dispatched_at.is_not(None) & not_(_untold(unit.now))
    lane = _job.c.connection_id
    # counted here and by named index, or SQLite may walk every job there ever was
    return Counter(
        found
        for index, which in (("ix_job_sent", told), ("ix_job_lease", in_state(JobState.RUNNING)))
        for found in unit.execute(
            select(lane).where(which).with_hint(_job, f"INDEXED BY {index}", "sqlite")
        ).scalars()
    )


def _orphans(now: datetime) -> Any:
    """Due jobs whose connection does not exist: a claim will hold them, where someone sees it."""
    known = exists().where(_connection.c.id == _job.c.connection_id)
    return (
        select(_job.c.id, _job.c.run_at, _job.c.priority)
        .where(
            in_state(JobState.READY), _job.c.run_at <= now, _untold(now),
            _job.c.connection_id.is_not(None), not_(known),
        )
        .order_by(_job.c.run_at)
    )  # fmt: skip


def _heads(lane: str | None, now: datetime) -> Any:
    """The due jobs of a connection that nothing stands before."""
    other = _job.alias()
    running = in_state(JobState.RUNNING, of=other)
    older = and_(other.c.id < _job.c.id, in_line(now, of=other))
    first = exists().where(other.c.serial_key == _job.c.serial_key, or_(running, older))
    twin = exists().where(other.c.coalesce_key == _job.c.coalesce_key, running)
    # asked apart from `first`, which an index answers
    behind_dead = and_(_job.c.queue == "money", exists().where(
        other.c.serial_key == _job.c.serial_key, other.c.id < _job.c.id,
        in_state(JobState.DEAD, of=other),
    ))  # fmt: skip
    return (
        select(_job.c.id, _job.c.run_at, _job.c.priority)
        .where(
            _job.c.connection_id == lane if lane is not None else _job.c.connection_id.is_(None),
            in_state(JobState.READY), _job.c.run_at <= now, _untold(now), not_(first), not_(twin),
            not_(behind_dead),
        )
        .order_by(_job.c.priority, _job.c.run_at, _job.c.id)
    )  # fmt: skip


def _untold(now: datetime) -> ColumnElement[bool]:
    """Never dispatched, or so long ago that the message must be lost."""
    sent, times = _job.c.dispatched_at, _job.c.dispatch_count
    *early, last = enumerate(_REDISPATCH_S, start=1)
    lost = [and_(times == n, sent <= now - timedelta(seconds=s)) for n, s in early]
    lost.append(and_(times >= last[0], sent <= now - timedelta(seconds=last[1])))
    return or_(sent.is_(None), *lost)
