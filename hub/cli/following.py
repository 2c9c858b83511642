"""Working or watching until a sync is done, with its progress on standard error."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.bootstrap import System
from hub.cli.exits import UnavailableError
from hub.jobs.engine import Engine
from hub.jobs.lockfile import engine_at_work
from hub.jobs.solo import COMMAND
from hub.reports.jobs import JobRow, sync_jobs, work_left
from hub.store.effects import sent_by_jobs_to_unknown

LOOK_EVERY_S = 0.2
LOOKS_BEFORE_ASKING = 25
"""After as many looks it is asked whether the engine still lives."""
TRIED = 2
"""Failed attempts after which nobody is kept waiting any more; once may be a blip."""
LONG = timedelta(seconds=30)
"""Nor is anybody kept waiting for a job that comes again later than that."""


@contextmanager
def an_engine(system: System) -> Iterator[bool]:
    """Make sure that an engine works: the one that does already, or one of our own until the end.

    Gives whether it is our own.
    """
    store = system.hub.store
    if engine_at_work(store):
        yield False
        return
    engine = Engine(
        store,
        system.kinds,
        threads=system.settings.threads,
        on_crash=sent_by_jobs_to_unknown,
        solo=COMMAND,
    )
    engine.start()
    try:
        yield True
    finally:
        engine.stop()


@dataclass(frozen=True)
class Ended:
    """How a sync ended: its jobs, and what stopped it, if anything did."""

    jobs: tuple[JobRow, ...]
    at: datetime
    """When it was looked at."""

    def first(self, *states: str) -> JobRow | None:
        """Give the first job in one of these states."""
        return next((job for job in self.jobs if job.state in states), None)

    @property
    def waiting(self) -> JobRow | None:
        """A job that comes again later; one that is due is about to be done."""
        return next((job for job in self.jobs if self._is_far(job)), None)

    @property
    def is_moving(self) -> bool:
        """Whether something runs, or is about to: one that waits does not end the others."""
        return any(
            job.is_open and job.state != "held" and not self._is_far(job) for job in self.jobs
        )

    def _is_far(self, job: JobRow) -> bool:
        if job.state != "ready":
            return False
        until_then = job.run_at - self.at
        return until_then > (LONG if job.attempt < TRIED else timedelta(0))


def follow(
    system: System, connection_id: str, since: str, owed: Ended, alive: Callable[[], bool]
) -> Ended:
    """Watch the jobs `owed`, and those after the id `since`, until all are done or stuck.

    Raises `UnavailableError` when nobody is `alive` any more to do them.
    """
    pause = threading.Event()
    looks = 0
    seen = {job.id for job in owed.jobs}
    with _bars() as show:
        while True:
            with system.hub.store.reading() as database:
                jobs = sync_jobs(database, connection_id, since, seen)
            seen |= {job.id for job in jobs}
            show(jobs)
            ended = Ended(tuple(jobs), system.hub.store.clock())
            if not ended.is_moving or ended.first("held"):
                return ended
            looks += 1
            if looks % LOOKS_BEFORE_ASKING == 0 and not alive():
                raise UnavailableError("the hub that was at work has stopped; ask again")
            pause.wait(LOOK_EVERY_S)


def until_idle(system: System) -> None:
    """Wait until an engine of our own has done everything that follows."""
    pause = threading.Event()
    while True:
        with system.hub.store.reading() as database:
            left = work_left(database, system.hub.store.clock())
        if not left:
            return
        pause.wait(LOOK_EVERY_S)


@contextmanager
def _bars() -> Iterator[Callable[[Sequence[JobRow]], None]]:
    """Show a bar for each job, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda jobs: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )  # fmt: skip
    bars: dict[str, Any] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def show(jobs: Sequence[JobRow]) -> None:
            for job in jobs:
                if job.id not in bars:
                    bars[job.id] = progress.add_task(_name(job), total=None, counts="")
                seen, total = job.counters.get("seen", 0), job.counters.get("total") or None
                if not job.is_open:
                    total = seen = max(seen, 1)
                progress.update(bars[job.id], completed=seen, total=total, counts=counts(job))

        yield show


def _name(job: JobRow) -> str:
    return job.kind.replace("_", " ")


def counts(job: JobRow) -> str:
    """Say in one line what a job did so far."""
    told = [f"{count} {name}" for name, count in job.counters.items() if count and name != "total"]
    return ", ".join(told) or (job.state if job.is_open else "nothing new")
