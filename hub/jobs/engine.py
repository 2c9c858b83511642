"""The engine: threads that run jobs, the relay that finds them, the heartbeat that keeps them."""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from uuid import uuid4

import dramatiq

from hub.jobs.actors import declare_actors
from hub.jobs.brokers import BrokerBell, EmbeddedBroker
from hub.jobs.heartbeat import EVERY_S, Heartbeat
from hub.jobs.idle import nothing_was_sent, run_until_idle
from hub.jobs.lockfile import lock_beside
from hub.jobs.relay import Relay
from hub.jobs.worker import Worker
from hub.store import jobs
from hub.store.jobs import LEASE, Chance, JobKind, OnCrash
from hub.store.unit_of_work import Store

STOP_WITHIN_S = 40.0
_WAKE_EVERY_MS = 250
_LOOK_AGAIN_S = 1.0

log = logging.getLogger(__name__)


class Engine:
    """Runs the jobs of one database. `start` and `stop` it, or `drain` it in the calling thread.

    On SQLite it holds the file's lock and is alone, so the jobs of a boot that died come back at
    once; on PostgreSQL other engines may live and the leases of dead ones run out first.
    """

    def __init__(
        self, store: Store, kinds: Mapping[str, JobKind], *, threads: int = 4,
        on_crash: OnCrash = nothing_was_sent, boot_id: str | None = None,
        chance: Chance = random.random, heartbeat_s: float = EVERY_S,
    ) -> None:  # fmt: skip
        _check(kinds)
        self.boot_id = boot_id or uuid4().hex
        self.worker = Worker(store, kinds, self.boot_id, chance)
        self.broker = EmbeddedBroker()
        self._store = store
        self._on_crash = on_crash
        self._lock = lock_beside(store)
        self._heartbeat = Heartbeat(self.worker, heartbeat_s)
        actors = declare_actors(self.broker, self._run)
        self._bell = BrokerBell(store, actors, lambda: self.relay.nudge())
        self.relay = Relay(store, kinds, on_crash, self._bell.send)
        self._crew = dramatiq.Worker(
            self.broker, worker_timeout=_WAKE_EVERY_MS, worker_threads=threads
        )
        self._threads: list[threading.Thread] = []
        self._silent_bell = store.bell
        self._halt = threading.Event()

    def start(self) -> None:
        """Take the lock, bring back what a crash left, open for work. Raises `StorageError`."""
        self._open()
        self._silent_bell, self._store.bell = self._store.bell, self._bell
        self.broker.emit_after("process_boot")
        self._crew.start()
        self._spawn(self._heartbeat.run, self.relay.run)

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Stop claiming, wait for what runs, hand back the rest. A kill is as right, but slower."""
        self._store.bell = self._silent_bell
        self.relay.stop()
        self._crew.stop(timeout=int(within_s * 1000))
        self._close()

    def drain(self, until: Callable[[], bool] | None = None) -> int:
        """Run what is due here and now; give how many jobs were run. Raises `StorageError`.

        With `until` it goes on, waiting for due times, until that is true.
        """
        self._open()
        self._spawn(self._heartbeat.run)
        try:
            ran = run_until_idle(self.worker, self._on_crash, until=until or (lambda: False))
            while until is not None and not until():
                self._halt.wait(_LOOK_AGAIN_S)
                ran += run_until_idle(self.worker, self._on_crash, until=until)
            return ran
        finally:
            self._close()

    def _open(self) -> None:
        if self._lock is None:
            return
        self._lock.acquire()
        try:
            recover(self._store, self.boot_id, self._on_crash)
        except BaseException:
            self._lock.release()
            raise

    def _close(self) -> None:
        self._heartbeat.stop()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if self._lock is not None:
            with self._store.unit_of_work() as unit:
                jobs.recall_dispatched(unit)
            self._lock.release()

    def _spawn(self, *loops: Callable[[], None]) -> None:
        for loop in loops:
            thread = threading.Thread(target=loop, name=f"engine-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, job_id: str, thread: str) -> None:
        job = self.worker.run(job_id, thread)
        if job is None:
            return
        if job.connection_id is not None:
            self._fill_the_gap(job.connection_id)
        self.relay.nudge()  # a job may have waited for this one's serial key

    def _fill_the_gap(self, connection_id: str) -> None:
        """Start the connection's next job at once: waiting for the relay would leave it idle."""
        with self._store.reading() as connection:
            if not jobs.waits_for_room(connection, connection_id, self._store.clock()):
                return
        with self._store.unit_of_work() as unit:
            told = jobs.dispatch_next(unit, connection_id)
        self._bell.send(told)


def recover(store: Store, boot_id: str, on_crash: OnCrash) -> None:
    """Bring back what another boot left running; for an engine that is alone on its database."""
    with store.unit_of_work() as unit:
        crashed = jobs.recover_boot(unit, boot_id, on_crash)
    if crashed:
        log.warning("%d jobs were cut off by the last stop and run again", len(crashed))


def _check(kinds: Mapping[str, JobKind]) -> None:
    """Refuse kinds whose silence would outlast their lease: two workers could do the same."""
    for name, kind in kinds.items():
        if name != kind.name:
            raise ValueError(f"kind {kind.name!r} is registered under the name {name!r}")
        if kind.budget_s >= LEASE.total_seconds():
            raise ValueError(f"the budget of {name!r} must be below {LEASE.total_seconds():g} s")
