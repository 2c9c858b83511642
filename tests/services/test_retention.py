"""The job that lets go of old jobs, run by an ordinary worker."""

from functools import partial
from types import SimpleNamespace
from typing import Any

from hub.jobs.worker import Worker
from hub.services.retention import forget_jobs
from hub.store.jobs import JobKind
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import draft as drafted
from tests.store.job_rows import force, owe, owe_one, row, rows


def test_old_jobs_go_and_the_rest_stays(store: Store, clock: SettableClock) -> None:
    old = owe(store, *[drafted(subject=str(n)) for n in range(3)])
    for job_id in old:
        force(store, job_id, state="succeeded", finished_at=clock.now)
    dead = owe_one(store)
    force(store, dead, state="dead", finished_at=clock.now)
    clock.advance(30 * 86_400)
    hub: Any = SimpleNamespace(store=store)
    kind = JobKind(name="forget_jobs", queue="maintenance", handler=partial(forget_jobs, hub))
    worker = Worker(store, {kind.name: kind}, "boot1")
    for counters, outcome in (({"seen": 3}, "ok"), ({"seen": 0}, "no_change")):
        job_id = owe_one(store, kind="forget_jobs")
        worker.run(job_id, "t1")
        assert (row(store, job_id).outcome, row(store, job_id).counters) == (
            outcome, counters,
        )  # fmt: skip
    assert {one.id for one in rows(store)} & {*old, dead} == {dead}
