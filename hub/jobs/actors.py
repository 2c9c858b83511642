"""One Dramatiq actor per queue: `run(job_id)`. It never raises; the job's row holds the outcome."""

import logging
import threading
from collections.abc import Callable

import dramatiq

from hub.store.jobs import QUEUES

log = logging.getLogger(__name__)


def declare_actors(
    broker: dramatiq.Broker, run: Callable[[str, str], object]
) -> dict[str, dramatiq.Actor]:
    """Declare the actors on a broker; `run` gets a job id and the name of the thread.

    Queues stand in the order of their urgency: an order is never kept waiting by a report.
    """
    return {
        queue: dramatiq.Actor(
            _actor(run), broker=broker, actor_name=f"run_{queue}", queue_name=queue,
            priority=urgency, options={},
        )
        for urgency, queue in enumerate(QUEUES)
    }  # fmt: skip


def _actor(run: Callable[[str, str], object]) -> Callable[[str], None]:
    def run_job(job_id: str) -> None:
        try:
            run(job_id, threading.current_thread().name)
        except Exception:  # the broker has nobody to tell; lease and relay repeat it
            log.exception("job %s could not be run or recorded; it comes back", job_id)

    return run_job
