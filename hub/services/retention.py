"""Letting go of what is over and old, so that the database does not grow for ever."""

from hub.services.context import Hub
from hub.store.jobs import JobResult, RunningJob, forget_old
from hub.store.rhythm import Rhythm

NIGHTLY = Rhythm(cron="40 3 * * *")
"""When the engine plans it; a person may choose another hour with `hub schedule set`."""


def forget_jobs(hub: Hub, job: RunningJob) -> JobResult:
    """T23 for every job whose time is over, a few at a time: intake is not kept waiting."""
    gone = 0
    while True:
        job.safe_point()
        with hub.store.unit_of_work() as unit:
            job.guard(unit)
            part = forget_old(unit)
        if not part:
            return JobResult("ok" if gone else "no_change", {"seen": gone})
        gone += part
