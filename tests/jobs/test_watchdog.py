"""A handler that hangs for good ends its process, and nothing sooner does."""

import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from hub.jobs.watchdog import EXIT_STATUS, Watchdog, stuck
from hub.store.jobs import LEASE, JobKind


def silent(seconds: float) -> Any:
    return SimpleNamespace(silent_s=lambda: seconds)


def worker(**silent_s: float) -> Any:
    """A worker with these kinds of job in hand, each silent for so long."""
    jobs = {
        (kind, 1): SimpleNamespace(id=kind, kind=kind, pulse=silent(seconds))
        for kind, seconds in silent_s.items()
    }
    kinds = {
        kind: JobKind(name=kind, queue="orders", handler=lambda job: None) for kind in silent_s
    }
    return SimpleNamespace(in_hand=jobs, kinds=kinds)


@pytest.mark.parametrize(
    ("silent_s", "ends"),
    [(0.0, False), (44.0, False), (46.0, False), (104.0, False), (106.0, True), (9e9, True)],
)
def test_only_silence_beyond_budget_and_lease_ends_the_process(silent_s: float, ends: bool) -> None:
    assert LEASE.total_seconds() == 60
    ended: list[int] = []
    Watchdog(worker(pull=silent_s, other=1.0), end=ended.append).look()
    assert ended == ([EXIT_STATUS] if ends else [])


def test_a_job_of_a_kind_nobody_knows_is_no_reason() -> None:
    one = worker(pull=9e9)
    one.kinds.clear()
    assert stuck(one) == []


LOOPS = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {root!r})
import threading
from hub.jobs.watchdog import Watchdog
from hub.store.jobs import JobKind
job = SimpleNamespace(id="1", kind="spin", pulse=SimpleNamespace(silent_s=lambda: 1e9))
kinds = {{"spin": JobKind(name="spin", queue="orders", handler=lambda job: None)}}
one = SimpleNamespace(in_hand={{("1", 1): job}}, kinds=kinds)
threading.Thread(target=Watchdog(one, every_s=0.05).run, daemon=True).start()
while True:
    pass
"""


def test_a_process_that_spins_is_ended_from_inside() -> None:
    began = time.monotonic()
    root = sys.path[0]
    done = subprocess.run([sys.executable, "-c", LOOPS.format(root=root)], timeout=30, check=False)
    assert done.returncode == EXIT_STATUS
    assert time.monotonic() - began < 30
