"""The states of a job, and how a statement asks for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, literal_column, not_, or_

from hub.store import tables


class JobState(StrEnum):
    """Where a job stands; the last four are final, of which `dead` can be replayed."""

    READY = "ready"
    """Owed; its `run_at` may lie in the future."""
    RUNNING = "running"
    WAITING = "waiting"
    """Parked for an event."""
    HELD = "held"
    """Its connection may not be used at present."""
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    """Needs a person."""
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """A newer job does its work."""


PENDING = (JobState.READY, JobState.HELD, JobState.WAITING)
OPEN = (*PENDING, JobState.RUNNING)


def in_state(*states: JobState, of: Any = tables.job) -> ColumnElement[bool]:
    """Ask for rows in one of these states.

    The words stand in the statement itself: SQLite uses a partial index only when it can read there
    that the index covers what is asked.
    """
    words: list[ColumnElement[Any]] = [literal_column(f"'{state}'") for state in states]
    condition: ColumnElement[bool] = (
        of.c.state == words[0] if len(words) == 1 else of.c.state.in_(words)
    )
    return condition


def in_line(now: datetime | BindParameter[Any], of: Any = tables.job) -> ColumnElement[bool]:
    """Ask for jobs that later ones of their serial key must let go first.

    One that failed, or was told to come back, and waits for its time is not: what a vendor cannot
    answer for two days must not keep everything behind it waiting for two days.
    """
    begun = or_(of.c.attempt > 0, of.c.token > 0)
    again_later = and_(in_state(JobState.READY, of=of), begun, of.c.run_at > now)
    return and_(in_state(*OPEN, of=of), not_(again_later))
