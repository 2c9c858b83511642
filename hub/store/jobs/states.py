"""The states of a job, and how a statement asks for them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal_column

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
