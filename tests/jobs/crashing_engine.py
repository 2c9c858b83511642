"""An engine with one job that kills its process. Usage: crashing_engine.py DATABASE [JOB OWNER].

It ends when nothing is owed any more; with a job and an owner it is the child that runs it alone.
"""

import os
import sys
import threading
from datetime import UTC, datetime

from sqlalchemy import func, select

from hub.jobs.engine import Engine
from hub.jobs.solo import run_alone
from hub.store import tables
from hub.store.engine import open_engines
from hub.store.jobs import JobKind, RunningJob
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING

PAUSE = threading.Event()


def handler(job: RunningJob) -> None:
    """Kill this process while the others are at work."""
    PAUSE.wait(0.02)
    if job.subject == "kills":
        os._exit(9)


KINDS = {"route": JobKind(name="route", queue="orders", handler=handler)}


def main(database: str, *alone: str) -> None:
    """Be the engine, or the child of one."""
    store = Store(open_engines(database), lambda: datetime.now(UTC), KEYRING)
    if alone:
        return run_alone(store, KINDS, *alone)
    engine = Engine(store, KINDS, solo=(sys.executable, __file__, database))
    engine.start()
    still_owed = select(func.count()).where(tables.job.c.state.in_(("ready", "running")))
    while True:
        with store.reading() as connection:
            if not connection.execute(still_owed).scalar():
                break
        PAUSE.wait(0.02)
    return engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
