"""A small engine in a process of its own, to be killed: each job stores one effect and owes a next.

Usage: python small_engine.py DATABASE_URL WITNESS [REDIS_URL ROLE]. The whole engine ends when
nothing is owed any more; a worker or a relay stays until it is told to stop.
"""

import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from hub.jobs.brokers import RedisBroker
from hub.jobs.engine import Engine
from hub.store import tables
from hub.store.engine import open_engines
from hub.store.jobs import JobDraft, JobKind, RunningJob, insert_jobs
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Store

SHORT_LEASE = timedelta(seconds=2)
"""A worker that was killed is not waited for as long as in earnest."""


def ready_mark(witness: Path, pid: int) -> Path:
    """Name the file that says: this process can be told to stop."""
    return witness.with_name(f"ready-{pid}")


def main(database_url: str, witness: str, redis_url: str = "", role: str = "") -> None:
    """Run the engine, or the half of it that `role` names."""
    engines = open_engines(database_url)
    store = Store(engines, lambda: datetime.now(UTC), Keyring({1: b"k" * 32}))
    log = os.open(witness, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    pause, told_to_stop = threading.Event(), threading.Event()

    def handler(job: RunningJob) -> None:
        os.write(log, f"{job.id} {job.token}\n".encode())
        pause.wait(0.03 if role else 0.004)  # long enough for a kill to meet it
        with store.unit_of_work() as unit:
            unit.execute(insert(tables.hub).values(name=job.subject, value=job.id))
            if job.subject.startswith("first"):
                insert_jobs(unit, [step(f"next-{job.subject}", job.serial_key)])
            job.finish(unit)

    given: dict[str, Any] = {}
    if role:
        for room in ("claim", "sweep"):
            import_module(f"hub.store.jobs.{room}").LEASE = SHORT_LEASE  # type: ignore[attr-defined]
        given = {
            "broker": RedisBroker(redis_url, "kill-test"), "heartbeat_s": 0.5,
            "works": role == "worker", "relays": role == "relay",
        }  # fmt: skip
    kinds = {"step": JobKind(name="step", queue="orders", handler=handler)}
    engine = Engine(store, kinds, **given)
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    ready_mark(Path(witness), os.getpid()).touch()
    engine.start()
    while still_owed(store) if not role else not told_to_stop.is_set():
        pause.wait(0.02)
    engine.stop()
    engines.dispose()


def step(subject: str, serial_key: str | None) -> JobDraft:
    """Draft a job of the only kind there is."""
    return JobDraft(kind="step", queue="orders", subject=subject, serial_key=serial_key)


def still_owed(store: Store) -> bool:
    """Whether a job has not ended well."""
    job = tables.job
    with store.reading() as connection:
        statement = select(func.count()).where(job.c.state != "succeeded")
        return bool(connection.execute(statement).scalar_one())


if __name__ == "__main__":
    main(*sys.argv[1:])
