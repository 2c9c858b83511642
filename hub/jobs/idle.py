"""Running everything that is due in the calling thread: commands, journeys and crash walks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from hub.jobs.relay import relay_once
from hub.jobs.worker import Worker
from hub.store.jobs import OnCrash
from hub.store.unit_of_work import SilentBell, Store, Unit


def nothing_was_sent(unit: Unit, job_ids: Sequence[str]) -> None:
    """Serve hubs without outward effects as their `on_crash`."""


def run_until_idle(
    worker: Worker, on_crash: OnCrash = nothing_was_sent,
    advance: Callable[[datetime], None] | None = None, until: Callable[[], bool] = lambda: False,
    thread: str = "main",
) -> int:  # fmt: skip
    """Run what is due until nothing is; give how many jobs were run.

    `advance` moves a clock on to the next due time instead of stopping; `until` is asked after each
    job and ends the work early. The order is fixed by the rows, so a run can be repeated.
    """
    ran = 0
    with _silent(worker.store):
        while not until():
            done = relay_once(worker.store, worker.kinds, on_crash)
            for job_id in done.dispatched:
                ran += worker.run(job_id, thread) is not None
                if until():
                    return ran
            if done.dispatched:
                continue
            if advance is None or done.next_at is None:
                return ran
            advance(done.next_at)
    return ran


@contextmanager
def _silent(store: Store) -> Iterator[None]:
    """No bell: what a job causes is found by the next pass, in the order of the rows."""
    bell, store.bell = store.bell, SilentBell()
    try:
        yield
    finally:
        store.bell = bell
