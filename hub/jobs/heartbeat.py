"""The heartbeat: extends the leases of jobs in hand, and tells handlers that lost theirs."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.jobs.worker import Worker
from hub.store import jobs
from hub.store.jobs import JobKind, RunningJob

EVERY_S = 15.0

log = logging.getLogger(__name__)


def beat_once(worker: Worker) -> list[RunningJob]:
    """T6 for every job in hand that gives signs of life; give the jobs that were lost.

    Jobs that somebody wants stopped are told as well (T18).

    A handler that is silent for longer than its kind's budget is left to the reaper: a job stuck
    for ever must not look alive for ever.
    """
    in_hand = [job for job in list(worker.in_hand.values()) if _lively(job, worker.kinds)]
    if not in_hand:
        return []
    with worker.store.unit_of_work() as unit:
        lost = jobs.extend_leases(unit, in_hand)
        unwanted = jobs.asked_to_stop(unit, in_hand)
    for job in unwanted:
        job.pulse.cancelled.set()
    for job in lost:
        if (job.id, job.token) in worker.in_hand:  # else it ended while we looked
            job.pulse.lost.set()
            log.warning("job %s (%s) lost its lease", job.id, job.kind)
    return lost


def _lively(job: RunningJob, kinds: Mapping[str, JobKind]) -> bool:
    kind = kinds.get(job.kind)
    return kind is None or job.pulse.silent_s() <= kind.budget_s


@dataclass
class Heartbeat:
    """Beats in a thread until stopped."""

    worker: Worker
    every_s: float = EVERY_S
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Beat until stopped; a beat that the database refuses is made up for by the next."""
        while not self._stopping.wait(self.every_s):
            try:
                beat_once(self.worker)
            except Exception:  # without a heartbeat every lease would run out
                log.exception("a heartbeat failed; the next one comes in %g s", self.every_s)

    def stop(self) -> None:
        """End the loop."""
        self._stopping.set()
