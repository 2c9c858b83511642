"""What a kind of job is: who handles it, in which queue, and how it is tried again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.store.jobs.draft import JobDraft
from hub.store.jobs.running import RunningJob

Chance = Callable[[], float]
"""Gives a number from 0 to 1; passed in, so that a test owns the dice."""


class Snooze(Exception):  # noqa: N818 - an answer of a handler, not an error
    """Come back at `until`; the attempt does not count. `reason` is shown to operators."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


class LookAgain(Snooze):
    """What was asked for was answered, and there is more to come: look again at `until`."""


class Wait(Exception):  # noqa: N818 - an answer of a handler, not an error
    """Go on when `wake(unit, wake_on)` is called, at the latest at `until`; no attempt is counted.

    `wake_on` names the thing, such as `approval:{id}`; `reason` is shown to operators.
    """

    def __init__(self, wake_on: str, until: datetime, reason: str) -> None:
        super().__init__(reason)
        self.wake_on = wake_on
        self.until = until
        self.reason = reason


@dataclass(frozen=True)
class Retry:
    """Full-jitter exponential backoff: uniform(0.5, 1) × min(cap, base × 2^n)."""

    base_s: float = 5.0
    cap_s: float = 600.0
    max_attempts: int = 10
    deadline_s: float | None = None
    """Seconds after which it is not tried again, however many attempts are left."""

    def delay(self, attempt: int, chance: Chance) -> timedelta:
        """How long to wait after this attempt (the first is 1) failed."""
        doublings = min(max(attempt - 1, 0), 30)
        longest = min(self.cap_s, self.base_s * 2**doublings)
        return timedelta(seconds=longest * (0.5 + chance() / 2))


@dataclass(frozen=True)
class JobResult:
    """How the business of a job ended: ok, no_change, partial or business_failure, with counts."""

    outcome: str = "ok"
    counters: Mapping[str, int] = field(default_factory=dict)


Handler = Callable[[RunningJob], JobResult | None]
"""Does the work. None means ok, or that the handler has finished the job in its own unit."""


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of job and the rules its jobs live by."""

    name: str
    queue: str
    handler: Handler
    retry: Retry = Retry()
    priority: int = 100
    is_look: bool = False
    """It looks at a vendor anew each time: one that succeeds has done what dead ones owed."""
    serial: str | None = None
    """Pattern over `{subject}` and `{connection}`: jobs with one serial key never run together."""
    budget_s: float = 45.0
    """Seconds a handler may be silent (no guard, progress or finish) before its lease runs out."""

    def draft(self, now: datetime, **fields: Any) -> JobDraft:
        """Draft a job of this kind; `fields` are those of `JobDraft`."""
        age = self.retry.deadline_s
        names = {"subject": fields.get("subject", ""), "connection": fields.get("connection_id")}
        rules: dict[str, Any] = {
            "serial_key": self.serial.format(**names) if self.serial else None,
            "priority": self.priority,
            "max_attempts": self.retry.max_attempts,
            "deadline_at": None if age is None else now + timedelta(seconds=age),
        }
        return JobDraft(kind=self.name, queue=self.queue, **{**rules, **fields})
