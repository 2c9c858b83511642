"""Suspect jobs run alone, each in a supervised child process: only the guilty one dies of it.

Usage: python -m hub.jobs.solo JOB OWNER. The child runs exactly this job on the same database; its
parent holds the engine's lock. It ends with its parent, whose end it hears on standard input.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.bootstrap import build
from hub.jobs.heartbeat import Heartbeat
from hub.jobs.worker import Worker
from hub.settings import Settings
from hub.store import jobs
from hub.store.jobs import JobKind, OnCrash
from hub.store.unit_of_work import Store

COMMAND = (sys.executable, "-m", "hub.jobs.solo")
BEFORE_THE_REAPER = timedelta(seconds=5)
"""A silent child is ended so long before its lease: the reaper would not know that it was alone."""
PATIENCE_S = 60.0
"""How long a child may take to claim its job, and to leave when it has ended."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Solo:
    """The parent's side: starts a child for a job, watches it, and records how it went."""

    store: Store
    on_crash: OnCrash
    command: Sequence[str] = COMMAND
    look_every_s: float = 0.2

    def run(self, job_id: str, owner: str) -> None:
        """Run a suspect to its end; a child that dies of it counts against it (T14, T15)."""
        child = subprocess.Popen([*self.command, job_id, owner], stdin=subprocess.PIPE)
        try:
            reason = self._watch(child, job_id, owner)
        finally:
            child.kill()
            child.wait()
            if child.stdin:
                child.stdin.close()
        with self.store.unit_of_work() as unit:
            ended = jobs.child_died(unit, job_id, owner, reason, self.on_crash)
        if ended:
            log.error("job %s ran alone and %s (%s)", job_id, reason, ended)

    def _watch(self, child: "subprocess.Popen[bytes]", job_id: str, owner: str) -> str:
        """Wait until the child has gone, or must go; give the reason."""
        patient_until = time.monotonic() + PATIENCE_S
        while time.monotonic() < patient_until:
            try:
                return _said(child.wait(self.look_every_s))
            except subprocess.TimeoutExpired:
                pass
            with self.store.reading() as connection:
                lease = jobs.lease_of(connection, job_id, owner)
            if lease is None:
                continue
            if lease - BEFORE_THE_REAPER < self.store.clock():
                return "gave no sign of life until its lease ran out"
            patient_until = time.monotonic() + PATIENCE_S
        return "would not end"


def _said(code: int) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"its process {how} before it was done"


def run_alone(store: Store, kinds: Mapping[str, JobKind], job_id: str, owner: str) -> None:
    """The child's side: run one job under the name its parent gave it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    boot_id, _, thread = owner.partition(":")
    worker = Worker(store, kinds, boot_id)
    heart = Heartbeat(worker)
    threading.Thread(target=heart.run, daemon=True).start()
    worker.run(job_id, thread)
    heart.stop()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Run one job of the hub that this environment names."""
    logging.disable()  # the row says how it went; only the parent's log leaves out what is secret
    job_id, owner = sys.argv[1:]
    system = build(Settings())
    try:
        run_alone(system.hub.store, system.kinds, job_id, owner)
    finally:
        system.close()


if __name__ == "__main__":
    main()
