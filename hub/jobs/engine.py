"""The engine: threads that run jobs, the relay that finds them, the heartbeat that keeps them."""

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

import dramatiq
from dramatiq.common import iter_queue

from hub.jobs.actors import declare_actors
from hub.jobs.bell import BrokerBell
from hub.jobs.brokers import EmbeddedBroker, HintBroker
from hub.jobs.heartbeat import EVERY_S, Heartbeat
from hub.jobs.idle import nothing_was_sent, run_until_idle
from hub.jobs.lockfile import lock_beside
from hub.jobs.relay import Relay
from hub.jobs.solo import Solo
from hub.jobs.watchdog import Watchdog
from hub.jobs.worker import Worker
from hub.store import jobs
from hub.store.jobs import LEASE, Chance, JobKind, OnCrash
from hub.store.life import notice_restored
from hub.store.unit_of_work import Store

STOP_WITHIN_S = 40.0
_WAKE_EVERY_MS = 250
_LOOK_AGAIN_S = 1.0

log = logging.getLogger(__name__)


class Engine:
    """Runs the jobs of one database. `start` and `stop` it, or `drain` it in the calling thread.

    On SQLite it holds the file's lock and is alone, so the jobs of a boot that died come back at
    once; on PostgreSQL other engines may live and the leases of dead ones run out first. Where many
    processes share the work, one `works`, another `relays`, and one that does neither only rings.
    With `solo`, the command line of a child, a job suspected of killing its process runs alone.
    """

    def __init__(
        self, store: Store, kinds: Mapping[str, JobKind], *, threads: int = 4,
        on_crash: OnCrash = nothing_was_sent, boot_id: str | None = None,
        chance: Chance = random.random, heartbeat_s: float = EVERY_S,
        broker: HintBroker | None = None, works: bool = True, relays: bool = True,
        solo: Sequence[str] = (),
    ) -> None:  # fmt: skip
        _check(kinds)
        self.boot_id = boot_id or uuid4().hex
        alone = Solo(store, on_crash, solo).run if solo else None
        self.worker = Worker(store, kinds, self.boot_id, chance, run_alone=alone)
        self.broker = broker or EmbeddedBroker()
        self._store = store
        self._on_crash = on_crash
        self._works, self._relays = works, relays
        self._lock = lock_beside(store)
        self._heartbeat = Heartbeat(self.worker, heartbeat_s)
        self._watchdog = Watchdog(self.worker)
        actors = declare_actors(self.broker, self._run)
        self._bell = BrokerBell(store, self.broker, actors, self._nudge)
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
        if self._works:
            self.broker.emit_after("process_boot")
            self._crew.start()
            self._spawn(self._heartbeat.run, self._watchdog.run)
        if self._relays:
            self._spawn(self.relay.run, self._hear_calls)

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Stop claiming, wait for what runs, hand back the rest. A kill is as right, but slower."""
        self._store.bell = self._silent_bell
        self._halt.set()
        self.relay.stop()
        if self._works:
            self.broker.closing.set()
            self._return_untouched()
            self._crew.stop(timeout=int(within_s * 1000))
            self._return_untouched()
        self._close()
        self.broker.close()

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
            notice_restored(self._store)
            return
        self._lock.acquire()
        try:
            notice_restored(self._store)
            recover(self._store, self.boot_id, self._on_crash)
        except BaseException:
            self._lock.release()
            raise

    def _close(self) -> None:
        self._heartbeat.stop()
        self._watchdog.stop()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if self._lock is not None:
            with self._store.unit_of_work() as unit:
                jobs.recall_dispatched(unit)
            self._lock.release()

    def _return_untouched(self) -> None:
        """Let others have what was fetched and not begun, before the last job here has ended."""
        for thread in self._crew.workers:
            thread.stop()
        for item in iter_queue(self._crew.work_queue):
            self._crew.consumers[item.message.queue_name].requeue_messages([item.message])
        left, self.broker.left = self.broker.left, []
        if left:
            with self._store.unit_of_work() as unit:
                jobs.recall_dispatched(unit, left)
            self.broker.call_relay()

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
        self._nudge()  # a job may have waited for this one's serial key

    def _nudge(self) -> None:
        """Let the relay look at once, here or in another process."""
        if self._relays:
            self.relay.nudge()
        else:
            self.broker.call_relay()

    def _hear_calls(self) -> None:
        self.broker.hear_calls(self.relay.nudge, self._halt)

    def _fill_the_gap(self, connection_id: str) -> None:
        """Start the connection's next job at once: waiting for the relay would leave it idle."""
        with self._store.reading() as connection:
            if not jobs.waits_for_room(connection, connection_id, self._store.clock()):
                return
        with self._store.unit_of_work() as unit:
            told = jobs.dispatch_next(unit, connection_id)
        if told:
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
