"""A child that runs one job alone. Usage: python solo_child.py DATABASE NOW JOB OWNER.

What it does is told by the job's subject: kills, hangs, or anything else for nothing.
"""

import os
import sys
import threading
from datetime import datetime

from hub.jobs.solo import run_alone
from hub.store.engine import open_engines
from hub.store.jobs import JobKind, RunningJob
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING


def handler(job: RunningJob) -> None:
    """Do what the subject says."""
    if job.subject == "kills":
        os._exit(9)
    if job.subject == "hangs":
        threading.Event().wait()


KIND = JobKind(name="route", queue="orders", handler=handler)

if __name__ == "__main__":
    database, now, job_id, owner = sys.argv[1:]
    moment = datetime.fromisoformat(now)
    store = Store(open_engines(database), lambda: moment, KEYRING)
    run_alone(store, {KIND.name: KIND}, job_id, owner)
