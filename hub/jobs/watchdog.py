"""The watchdog: ends a process in which a handler has been silent beyond its lease."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.jobs.worker import Worker
from hub.store.jobs import LEASE, RunningJob

EVERY_S = 5.0
EXIT_STATUS = 70
"""`EX_SOFTWARE`: whoever watches the process starts it again."""

log = logging.getLogger(__name__)


def stuck(worker: Worker) -> list[RunningJob]:
    """Give the jobs in hand whose handlers gave no sign for their budget and a whole lease.

    The heartbeat stopped keeping them at the budget, so by now the reaper has given each to
    somebody else. Its thread cannot be stopped from inside Python, and every try would cost
    another; only the end of the process frees them.
    """
    longest = LEASE.total_seconds()
    return [
        job
        for job in list(worker.in_hand.values())
        if (kind := worker.kinds.get(job.kind)) and job.pulse.silent_s() > kind.budget_s + longest
    ]


@dataclass
class Watchdog:
    """Looks in a thread of its own until stopped."""

    worker: Worker
    every_s: float = EVERY_S
    end: Callable[[int], object] = os._exit
    _stopping: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """End the process if a handler is stuck; jobs of the others are recovered like any."""
        for job in stuck(self.worker):
            log.critical("job %s (%s) is stuck; this process ends, to be started again",
                         job.id, job.kind)  # fmt: skip
            self.end(EXIT_STATUS)

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.wait(self.every_s):
            self.look()

    def stop(self) -> None:
        """End the loop."""
        self._stopping.set()
