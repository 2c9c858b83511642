"""A job in the hands of a worker: what a handler sees of it and the guard against working twice."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select, update

from hub.store import tables
from hub.store.jobs.states import JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job
_connection = tables.connection
_attempt = tables.job_attempt

CARRIED = (
    "id", "kind", "queue", "subject", "connection_id", "payload", "attempt", "max_attempts",
    "crash_count", "suspect", "event_id", "serial_key", "coalesce_key", "deadline_at",
    "correlation_id", "counters", "created_at",
)  # fmt: skip
"""Columns that a running job carries as they are in its row."""


class LeaseLost(Exception):  # noqa: N818 - no fault of the handler's, and nothing is to be retried
    """The job is no longer this worker's: whatever it was about to store must roll back."""


class ConnectionMoved(Exception):  # noqa: N818 - no fault of the handler's, and nothing was sent
    """The connection was paused, given new secrets or had its writes switched since the claim."""


class Cancelled(Exception):  # noqa: N818 - an answer of a handler, not an error
    """Somebody asked the job to stop, and it stands at a point where it can."""


class Pulse:
    """Signs of life between a handler and the thread that extends its lease."""

    def __init__(self) -> None:
        self.lost = threading.Event()
        self.cancelled = threading.Event()
        self.finished = False
        self._beat_at = time.monotonic()

    def finish(self) -> None:
        """Note that the job's end is committed."""
        self.finished = True

    def beat(self) -> None:
        """Note that the handler moves on."""
        self._beat_at = time.monotonic()

    def silent_s(self) -> float:
        """Seconds since the handler last gave a sign."""
        return time.monotonic() - self._beat_at


@dataclass(frozen=True)
class RunningJob:
    """A claimed job. Everything a handler stores for it goes through a unit that it guards."""

    id: str
    kind: str
    queue: str
    subject: str
    connection_id: str | None
    payload: Mapping[str, Any]
    attempt: int
    max_attempts: int
    crash_count: int
    suspect: bool
    event_id: str | None
    serial_key: str | None
    coalesce_key: str | None
    deadline_at: datetime | None
    correlation_id: str
    counters: Mapping[str, int]
    created_at: datetime
    token: int
    """Fencing number: another claim has another one."""
    owner: str
    """Who holds the lease: boot id and thread."""
    epoch: int | None
    """The connection's fencing number at the claim."""
    pulse: Pulse = field(default_factory=Pulse, repr=False, compare=False)

    @property
    def lost(self) -> threading.Event:
        """Set when the lease is gone: a long handler looks here and stops."""
        return self.pulse.lost

    def safe_point(self) -> None:
        """Stop here if somebody asked for it: nothing is half done. Costs nothing, is no call.

        Never between sending something and recording its answer. Raises `Cancelled`, `LeaseLost`.
        """
        if self.pulse.lost.is_set():
            self._lose()
        if self.pulse.cancelled.is_set():
            raise Cancelled(f"job {self.id} ({self.kind}) was asked to stop")
        self.pulse.beat()

    def finish(
        self, unit: Unit, outcome: str = "ok", counters: Mapping[str, int] | None = None
    ) -> None:
        """Mark the job succeeded together with what this unit stores (T7), or raise `LeaseLost`."""
        values: dict[str, Any] = {} if counters is None else {"counters": dict(counters)}
        self._change(
            unit, state=JobState.SUCCEEDED, outcome=outcome, finished_at=unit.now,
            lease_owner=None, lease_until=None, last_error_class="", last_error_text="", **values,
        )  # fmt: skip
        end_attempt(unit, self.id, self.token, "T7")
        unit.committed.append(self.pulse.finish)

    def guard(self, unit: Unit) -> None:
        """Raise `LeaseLost` unless the job is still ours until this unit ends."""
        row = unit.execute(select(_job.c.id).where(held(self.id, self.token)).with_for_update())
        if row.first() is None:
            self._lose()
        self.pulse.beat()

    def moved(self, unit: Unit) -> bool:
        """Whether the connection was changed since the claim; it is not until this unit ends."""
        if self.connection_id is None:
            return False
        epoch = unit.execute(
            select(_connection.c.epoch)
            .where(_connection.c.id == self.connection_id)
            .with_for_update(read=True)
        ).scalar()
        return bool(epoch != self.epoch)

    def begin_call(self, unit: Unit) -> None:
        """Guard the unit that commits an outward write before it is made.

        What a read brought may be stored whatever happened to the connection meanwhile; to write to
        a vendor, the job must still be ours and the connection as it was claimed, until this unit
        ends. Raises `LeaseLost`, `ConnectionMoved`.
        """
        moved = self.moved(unit)  # locked before the job, as a claim does
        self.guard(unit)
        if moved:
            raise ConnectionMoved(f"connection {self.connection_id} was changed meanwhile")

    def progress(self, unit: Unit, counters: Mapping[str, int]) -> None:
        """Store counters on the way, or raise `LeaseLost`; also a sign of life."""
        self._change(unit, counters=dict(counters))

    def _change(self, unit: Unit, **values: Any) -> None:
        if not unit.changed(_CHANGE, values | {"held_id": self.id, "held_token": self.token}):
            self._lose()
        self.pulse.beat()

    def _lose(self) -> None:
        self.pulse.lost.set()
        raise LeaseLost(f"job {self.id} ({self.kind}) is no longer held under token {self.token}")


def held(job_id: str, token: int) -> ColumnElement[bool]:
    """Ask for the job as long as it runs under this token."""
    return and_(_job.c.id == job_id, in_state(JobState.RUNNING), _job.c.token == token)


def end_attempt(
    unit: Unit, job_id: str, token: int, transition: str,
    error_class: str = "", error_text: str = "",
) -> None:  # fmt: skip
    """Close the attempt's line in the history with the transition that ended it."""
    values = {
        "ended_at": unit.now, "transition": transition,
        "error_class": error_class, "error_text": error_text,
    }  # fmt: skip
    unit.execute(_END, values | {"held_id": job_id, "held_token": token})


# built once: building a statement costs a small job more than running it
_CHANGE = update(_job).where(
    _job.c.id == bindparam("held_id"), in_state(JobState.RUNNING),
    _job.c.token == bindparam("held_token"),
)  # fmt: skip
_END = update(_attempt).where(
    _attempt.c.job_id == bindparam("held_id"), _attempt.c.token == bindparam("held_token")
)
