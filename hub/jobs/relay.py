"""The relay: what is due becomes a message, and again when the first one was lost."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.jobs.jumps import heed
from hub.store import jobs
from hub.store.jobs import JobKind, OnCrash
from hub.store.schedules import start_due_slots
from hub.store.unit_of_work import Store

IDLE_S = 1.0
AFTER_NUDGE_S = 0.05
REST_PER_COST = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pass:
    """What one pass did: the jobs to send messages for, and when something falls due next."""

    dispatched: list[str]
    next_at: datetime | None


def relay_once(store: Store, kinds: Mapping[str, JobKind], on_crash: OnCrash) -> Pass:
    """Reap (T14), wake (T11), start due slots, dispatch (T3); the caller rings for the dispatched.

    An idle hub pays one read; a unit of work is opened only for what that read has found.
    """
    trusted = heed(store)
    with store.reading() as connection:
        due = jobs.look(connection, store.clock())
    dispatched: list[str] = []
    if due.expired:
        with store.unit_of_work() as unit:
            crashed = jobs.reap_expired(unit, on_crash)
        log.warning("%d jobs came back: their workers are gone", len(crashed))
    if due.woken:
        with store.unit_of_work() as unit:
            jobs.wake_due(unit)
    if due.slots:
        with store.unit_of_work() as unit:
            start_due_slots(unit, kinds)
    if due.anything and trusted:
        with store.unit_of_work() as unit:
            dispatched = jobs.dispatch_due(unit)
    return Pass(dispatched, due.next_at)


@dataclass
class Relay:
    """Passes on and on in a thread: each second, at the next due time, or soon after a nudge."""

    store: Store
    kinds: Mapping[str, JobKind]
    on_crash: OnCrash
    ring: Callable[[list[str]], None]
    last_pass_at: datetime | None = None
    """A health sign: older than a minute means that nothing is found any more."""
    _nudged: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def nudge(self) -> None:
        """Say that something may have become possible."""
        self._nudged.set()

    def stop(self) -> None:
        """End the loop after the present pass."""
        self._stopping.set()
        self._nudged.set()

    def run(self) -> None:
        """Relay until stopped; a database that is away for a while is waited for."""
        while not self._stopping.is_set():
            started = time.monotonic()
            done = self._pass()
            cost = time.monotonic() - started
            self._nudged.wait(self._until(done.next_at))
            self._nudged.clear()
            # nudges gather for a moment; looking for work must leave the time to do it
            gap = min(AFTER_NUDGE_S, REST_PER_COST * cost)
            self._stopping.wait(gap)

    def _pass(self) -> Pass:
        try:
            done = relay_once(self.store, self.kinds, self.on_crash)
            if done.dispatched:
                self.ring(done.dispatched)
            self.last_pass_at = self.store.clock()
            return done
        except Exception:  # a relay that ended would strand every job in silence
            log.exception("the relay failed and tries again in %g s", IDLE_S)
            return Pass([], None)

    def _until(self, next_at: datetime | None) -> float:
        if next_at is None:
            return IDLE_S
        return min(IDLE_S, max(0.0, (next_at - self.store.clock()).total_seconds()))
