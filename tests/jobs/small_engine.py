"""A small engine in a process of its own, to be killed: each job stores one effect and owes a next.

Usage: python small_engine.py DATABASE WITNESS. It ends when nothing is owed any more.
"""

import os
import sys
import threading
from datetime import UTC, datetime

from sqlalchemy import func, insert, select

from hub.jobs.engine import Engine
from hub.store import tables
from hub.store.engine import open_engines
from hub.store.jobs import JobDraft, JobKind, RunningJob, insert_jobs
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Store


def main(database: str, witness: str) -> None:
    """Run the engine until every job has ended."""
    engines = open_engines(f"sqlite:///{database}")
    store = Store(engines, lambda: datetime.now(UTC), Keyring({1: b"k" * 32}))
    log = os.open(witness, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    pause = threading.Event()

    def handler(job: RunningJob) -> None:
        os.write(log, f"{job.id} {job.token}\n".encode())
        pause.wait(0.004)
        with store.unit_of_work() as unit:
            unit.execute(insert(tables.hub).values(name=job.subject, value=job.id))
            if job.subject.startswith("first"):
                insert_jobs(unit, [step(f"next-{job.subject}", job.serial_key)])
            job.finish(unit)

    engine = Engine(store, {"step": JobKind(name="step", queue="orders", handler=handler)})
    engine.start()
    while still_owed(store):
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
