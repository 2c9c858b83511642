"""Running one job from its id: claim, handler, and the transition that its end calls for."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from structlog.contextvars import bound_contextvars

from hub.jobs.jumps import may_claim
from hub.jobs.outcomes import Facts, Outcome, decide, told
from hub.records.connection import ConnectionState
from hub.sdk.errors import AuthError, HubError
from hub.store import jobs
from hub.store.jobs import (
    Chance,
    JobKind,
    JobResult,
    LeaseLost,
    MustRunAlone,
    Retry,
    RunningJob,
)
from hub.store.unit_of_work import Store, Unit

STOP_LATER = timedelta(seconds=60)
"""Until a job that wants to stop and may not yet is tried again."""

_STOPPED_AS = {"auth": ConnectionState.NEEDS_AUTH, "account": ConnectionState.PAUSED}
"""What a T12 makes of the connection, by the error's class."""

_WHOLE = ("ok", "no_change")
"""Outcomes that leave nothing of what was looked for undone."""

log = logging.getLogger(__name__)


class NoHandlerError(HubError):
    """No plugin or service of this hub knows the kind of job."""


@dataclass(frozen=True)
class Worker:
    """Everything a thread needs to run jobs; safe to share between threads."""

    store: Store
    kinds: Mapping[str, JobKind]
    boot_id: str
    chance: Chance = random.random
    in_hand: dict[tuple[str, int], RunningJob] = field(default_factory=dict)
    """The claims that are worked on at this moment, for the heartbeat: a zombie and its heir are
    two."""
    run_alone: Callable[[str, str], None] | None = None
    """Runs a suspect (job id, owner) in a process of its own; None: this process is alone."""

    def run(self, job_id: str, thread: str) -> RunningJob | None:
        """Run a job if it may run now; give it if it was run. Every outcome goes to its row.

        An interrupt (`BaseException`) passes through and leaves the job to crash recovery.
        """
        if not may_claim(self.store):
            return None
        owner = f"{self.boot_id}:{thread}"
        try:
            job = jobs.claim(self.store, job_id, owner, self.chance, self.run_alone is None)
        except MustRunAlone:
            assert self.run_alone is not None
            self.run_alone(job_id, f"{owner}:alone")
            return None
        if job is None:
            return None
        self.in_hand[job.id, job.token] = job
        try:
            with bound_contextvars(job=job.id, kind=job.kind, connection=job.connection_id or ""):
                self._work(job)
        finally:
            del self.in_hand[job.id, job.token]
        return job

    def _work(self, job: RunningJob) -> None:
        try:
            try:
                job.safe_point()  # it may have been asked to stop before it began
                self._succeed(job, self._kind(job).handler(job))
            except Exception as error:  # every error has its line in the table
                self._fail(job, error)
        except LeaseLost as lost:
            log.warning("%s; what it stored was rolled back", lost)

    def _kind(self, job: RunningJob) -> JobKind:
        kind = self.kinds.get(job.kind)
        if kind is None:
            raise NoHandlerError(f"this hub has no handler for jobs of kind {job.kind!r}")
        return kind

    def _succeed(self, job: RunningJob, result: JobResult | None) -> None:
        """T7, unless the handler has done it in its own unit."""
        if job.pulse.finished:
            return
        result = result or JobResult()
        with self.store.unit_of_work() as unit:
            job.finish(unit, result.outcome, result.counters or None)
            if self._kind(job).is_look and result.outcome in _WHOLE:
                jobs.heal_dead(unit, job)

    def _fail(self, job: RunningJob, error: Exception) -> None:
        with self.store.unit_of_work() as unit:
            outcome = decide(error, self._facts(unit, job, error))
            apply(unit, job, outcome)
        if outcome.error_class == "internal":
            log.error("job %s (%s) met a fault: %s", job.id, job.kind, told(error))

    def _facts(self, unit: Unit, job: RunningJob, error: Exception) -> Facts:
        kind = self.kinds.get(job.kind)
        refused_before = (
            isinstance(error, AuthError)
            and job.connection_id is not None
            and jobs.auth_failed_before(unit, job.connection_id)
        )
        retry = kind.retry if kind else Retry()
        return Facts.of(job, retry, unit.now, self.chance, refused_before)


def apply(unit: Unit, job: RunningJob, outcome: Outcome) -> None:
    """Write an outcome to the job's row. Raises `LeaseLost`.

    Between two tries is a safe point: a job that was asked to stop does not come back.
    """
    why = (outcome.error_class, outcome.error_text)
    comes_back = outcome.transition in ("T8", "T9", "T10", "T19")
    if comes_back and jobs.stop_if_asked(unit, job):
        return
    if outcome.transition == "T8" and outcome.run_at:
        jobs.retry_later(unit, job, outcome.run_at, *why)
    elif outcome.transition == "T9" and outcome.run_at:
        # what it goes to wait for may have come just now, and rung only for those that wait
        until = unit.now if job.moved(unit) else outcome.run_at
        jobs.snooze(unit, job, until, *why)
    elif outcome.transition == "T10" and outcome.run_at:
        jobs.park(unit, job, outcome.wake_on, outcome.run_at, outcome.error_text)
    elif outcome.transition == "T19":  # its effect is undecided: somebody must bring it to its end
        jobs.snooze(unit, job, unit.now + STOP_LATER, *why)
    elif outcome.transition == "T12" and job.connection_id:
        jobs.snooze(unit, job, unit.now, *why)
        state = _STOPPED_AS[outcome.error_class]
        jobs.stop_connection(unit, job.connection_id, outcome.error_text, state)
    elif outcome.transition == "T16":
        jobs.bury(unit, job, *why)
