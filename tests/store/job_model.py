"""A small model of the job rows in plain Python: what each transition must do, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.store.jobs import LEASE
from hub.store.jobs.retention import KEPT

PENDING = {"ready", "held", "waiting"}
JITTER = timedelta(milliseconds=10)
CONCURRENCY = 2


@dataclass
class Modelled:
    """What the model knows of a job; `order` stands for the order of insertion."""

    order: int
    run_at: datetime
    coalesce: str | None
    serial: str | None
    connection: str | None
    subject: str
    state: str = "ready"
    attempt: int = 0
    token: int = 0
    crashes: int = 0
    solo: int = 0
    cancel: bool = False
    wake_on: str | None = None
    lease: datetime | None = None
    finished: datetime | None = None


@dataclass
class Model:
    """All jobs by their ids, and whether their one connection is active."""

    now: Callable[[], datetime]
    jobs: dict[str, Modelled] = field(default_factory=dict)
    active: bool = True
    written: int = 0

    def owe(self, job_id: str, run_at: datetime, coalesce: str | None, *keys: str | None) -> None:
        """T1, or T2 when a twin is pending."""
        twin = self.pending(coalesce)
        if twin:
            twin.run_at = min(twin.run_at, run_at)
            assert self.jobs[job_id] is twin
            return
        serial, connection, subject = keys
        self.written += 1
        self.jobs[job_id] = Modelled(
            self.written, run_at, coalesce, serial, connection, subject or ""
        )

    def claim(self, job: Modelled) -> bool:
        """T4, T5 or T12; whether it is T4."""
        if job.state != "ready" or job.run_at > self.now():
            return False
        if job.connection and not self.active:
            job.state = "held"
            return False
        blockers = [
            self.now() if other.state == "waiting" else other.run_at
            for other in self.jobs.values()
            if self._blocks(other, job)
        ]
        if blockers:
            job.run_at = max([*blockers, self.now()]) + JITTER
            return False
        job.state, job.lease, job.wake_on = "running", self.now() + LEASE, None
        job.token, job.attempt = job.token + 1, job.attempt + 1
        return True

    def _blocks(self, other: Modelled, job: Modelled) -> bool:
        if other is job:
            return False
        runs = other.state == "running"
        begun = other.attempt or other.token
        again_later = other.state == "ready" and begun and other.run_at > self.now()
        in_line = other.state in {*PENDING, "running"} and not again_later
        older = other.order < job.order and in_line
        full = self.running("shop") >= CONCURRENCY
        return (
            (job.serial is not None and other.serial == job.serial and (runs or older))
            or (job.coalesce is not None and other.coalesce == job.coalesce and runs)
            or (runs and job.connection is not None and full)
        )

    def back(
        self, job: Modelled, run_at: datetime, attempt: int, crashed: bool = False,
        alone: bool = False, wake_on: str | None = None,
    ) -> None:  # fmt: skip
        """T8, T9, T10, T14: to ready or waiting, or into the pending twin."""
        crashes, solo = job.crashes + crashed, job.solo + alone
        twin = self.pending(job.coalesce)
        if twin is None:
            job.state = "waiting" if wake_on else "ready"
            job.run_at, job.attempt, job.wake_on = run_at, attempt, wake_on
            job.crashes, job.solo = crashes, solo
            return
        self.end(job, "superseded")
        twin.attempt = attempt
        twin.run_at = twin.run_at if wake_on else max(twin.run_at, run_at)
        if crashed:
            twin.crashes = max(twin.crashes, crashes)
        if alone:
            twin.solo = solo

    def end(self, job: Modelled, state: str) -> None:
        """Any way into a final state."""
        job.state, job.finished = state, self.now()

    def wake(self, wake_on: str) -> set[str]:
        """T11 by an event."""
        woken = {
            job_id: job
            for job_id, job in self.jobs.items()
            if job.wake_on == wake_on and job.state in PENDING
        }
        for job in woken.values():
            job.state = "held" if job.state == "held" else "ready"
            job.run_at, job.wake_on = min(job.run_at, self.now()), None
        return set(woken)

    def wake_due(self) -> None:
        """T11 by the clock."""
        for job in self.jobs.values():
            if job.state == "waiting" and job.run_at <= self.now():
                job.state, job.wake_on = "ready", None

    def forget(self) -> int:
        """T23."""
        old = [
            job_id
            for job_id, job in self.jobs.items()
            if job.state in KEPT
            and max(job.run_at, job.finished or self.now()) < self.now() - KEPT[job.state]  # type: ignore[index]
        ]
        for job_id in old:
            del self.jobs[job_id]
        return len(old)

    def pending(self, coalesce: str | None) -> Modelled | None:
        """The pending job of a coalesce key."""
        if coalesce is None:
            return None
        found = [job for job in self.jobs.values() if job.coalesce == coalesce]
        return next((job for job in found if job.state in PENDING), None)

    def running(self, connection: str) -> int:
        """How many jobs of a connection run."""
        jobs = self.jobs.values()
        return sum(job.connection == connection and job.state == "running" for job in jobs)
