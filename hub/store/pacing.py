"""Every connection's budget of calls and breaker: in memory where one process calls, else a row."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hub.sdk.errors import NotSentError, RateLimitedError
from hub.sdk.pacing import (
    ANSWERS,
    FAILURES,
    WINDOW,
    Breaker,
    Called,
    Pace,
    is_failing,
)
from hub.store.jobs import wake_connection_jobs
from hub.store.pacing_rows import State, change_state, make_row, put_state, read_state
from hub.store.unit_of_work import Store

_log = logging.getLogger("hub.pacing")

PATIENCE_S = 5.0
"""A shorter wait is waited for on the spot; for a longer one the job comes again."""
SHORTEST_SLEEP_S = 0.001
LEASE_S = 1.0
"""Where processes share a row, calls for about so long are taken at once."""
SHORTEST_CLOSED_S = 1.0
CUT_AFTER_429, CUT_WHEN_SLOW = 0.5, 0.8
SLOW_S, SLOW_TIMES, SLOW_PAUSE_S = 2.0, 4.0, 10.0
"""An answer this slow, and so many times slower than usual, asks for less; once in ten seconds."""

PaceOf = Callable[[str], Pace | None]
"""Gives what the vendor of a connection allows; None for a connection that is not stored yet."""


class Pacing:
    """The gates of all connections of this process.

    `shared` says that other processes call the same vendors: then every change is a conditional
    update of one row, and calls are taken by the second. Else the budget is kept in memory, and
    only what an operator wants to see, or a restart must not forget, is written.
    """

    def __init__(
        self,
        store: Store,
        pace_of: PaceOf,
        *,
        shared: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store, self.pace_of, self.shared, self.sleep = store, pace_of, shared, sleep
        self._gates: dict[str, ConnectionGate] = {}
        self._lock = threading.Lock()

    def gate(self, connection_id: str) -> "ConnectionGate":
        """Give the one gate of a connection."""
        with self._lock:
            if connection_id not in self._gates:
                self._gates[connection_id] = ConnectionGate(self, connection_id)
            return self._gates[connection_id]


class ConnectionGate:
    """Stands before every call of one connection; safe to use from many threads."""

    def __init__(self, pacing: Pacing, connection_id: str) -> None:
        self._pacing, self._id = pacing, connection_id
        self._lock = threading.Lock()
        self._pace: Pace | None = None
        self._state: State | None = None
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._usual_s: float | None = None
        self._leased, self._lease_ends = 0, 0.0

    def enter(self) -> None:
        """Return when a call may be made; raises `RateLimitedError` with the time to wait.

        Raises `NotSentError` when the database cannot say: nothing was sent yet.
        """
        try:
            self._enter()
        except SQLAlchemyError as error:
            raise NotSentError(f"the budget of calls: {type(error).__name__}") from error

    def _enter(self) -> None:
        self._pace = self._pace or self._pacing.pace_of(self._id)
        if self._pace is None:
            return
        waited = 0.0
        while wait := self._wait(self._pace):
            if waited + wait > PATIENCE_S:
                raise RateLimitedError(self._why(), wait)
            wait = max(wait, SHORTEST_SLEEP_S)
            self._pacing.sleep(wait)
            waited += wait

    def leave(self, called: Called) -> None:
        """Learn from a finished call; what cannot be written is forgotten, never raised."""
        if self._pace is None:
            return
        try:
            self._learn(called)
        except SQLAlchemyError as error:
            _log.warning("what a call told was not written: %s", type(error).__name__)

    # -- asking ------------------------------------------------------------------------------

    def _wait(self, pace: Pace) -> float:
        """Take one call; gives how long to wait when there is none."""
        with self._lock:
            now = self._now()
            if self._leased and now < self._lease_ends:
                self._leased -= 1
                return 0.0
            most = max(1, math.ceil((pace.per_second or 20.0) * LEASE_S))
            taken, wait = self._change(
                lambda state: _take(state, pace, now, most if self._pacing.shared else 1)
            )
            self._leased, self._lease_ends = max(taken - 1, 0), now + LEASE_S
            return float(wait)

    def _why(self) -> str:
        state = self._state or State()
        if state.breaker.is_open:
            return f"the vendor kept failing ({state.reason}) and is left alone for a while"
        if state.budget.closed_until > self._now():
            return "the vendor asked for patience"
        return "the budget of calls is used up"

    # -- learning -----------------------------------------------------------------------------

    def _learn(self, called: Called) -> None:
        with self._lock:
            now = self._now()
            if called.outcome == "rate_limited" or called.retry_after:
                cut = CUT_AFTER_429 if called.outcome == "rate_limited" else 1.0
                self._cut(now, cut, called.retry_after or SHORTEST_CLOSED_S)
            elif self._is_slow(called):
                self._cut_slow(now)
            if called.outcome in ANSWERS:
                self._recent.append(False)
                self._close(now)
            elif called.outcome in FAILURES:
                self._recent.append(True)
                if is_failing(tuple(self._recent)):
                    self._open(now, called.outcome)

    def _cut(self, now: float, by: float, closed_for: float) -> None:
        self._leased = 0
        self._change(
            lambda state: (replace(state, budget=state.budget.cut(now, by, closed_for)), None)
        )

    def _cut_slow(self, now: float) -> None:
        state = self._state or State()
        if now - state.budget.cut_at > SLOW_PAUSE_S:
            self._cut(now, CUT_WHEN_SLOW, 0.0)

    def _is_slow(self, called: Called) -> bool:
        """Whether an answer, or what should have been one, took much longer than answers do."""
        usual = called.elapsed if self._usual_s is None else self._usual_s
        if called.outcome == "ok":
            self._usual_s = usual + (called.elapsed - usual) / 20
        elif called.outcome not in FAILURES:
            return False
        return called.elapsed > max(SLOW_S, SLOW_TIMES * usual)

    def _open(self, now: float, reason: str) -> None:
        self._leased = 0
        self._recent.clear()

        def opened(state: State) -> tuple[State, None]:
            if state.breaker.is_open:
                return state, None
            return replace(state, breaker=state.breaker.opened(now), reason=reason), None

        self._change(opened)

    def _close(self, now: float) -> None:
        """The vendor answers: what waited for that may run at once."""
        if self._state is None or not self._state.breaker.is_open:
            return
        self._recent.clear()
        self._change(lambda state: (replace(state, breaker=Breaker(), reason=""), None))
        with self._pacing.store.unit_of_work() as unit:
            wake_connection_jobs(unit, self._id)

    # -- remembering --------------------------------------------------------------------------

    def _now(self) -> float:
        return self._pacing.store.clock().timestamp()

    def _change(self, step: Callable[[State], tuple[State, Any]]) -> Any:
        """Make a step from what is known to what is true after; gives what the step gives."""
        while True:
            if self._state is None or self._pacing.shared:
                with self._pacing.store.reading() as database:
                    before, version = read_state(database, self._id)
            else:
                before, version = self._state, None
            after, answer = step(before)
            if not self._worth_writing(before, after) or self._write(after, version):
                self._state = after
                return answer

    def _worth_writing(self, before: State, after: State) -> bool:
        if self._pacing.shared:
            return before != after
        kept = replace(before.budget, full_at=after.budget.full_at)
        return replace(before, budget=kept) != after

    def _write(self, state: State, version: int | None) -> bool:
        with self._pacing.store.unit_of_work() as unit:
            if not self._pacing.shared:
                return put_state(unit, self._id, state)
            if version is None:  # make the row, whoever is first, and look again
                make_row(unit, self._id)
                return False
            return change_state(unit, self._id, state, version)


def _take(state: State, pace: Pace, now: float, most: int) -> tuple[State, tuple[int, float]]:
    breaker, wait = state.breaker.enter(now)
    if wait:
        return state, (0, wait)
    if breaker != state.breaker:  # this is the probe: one call, whatever the budget says
        return replace(state, breaker=breaker), (1, 0.0)
    budget, taken, wait = state.budget.take(pace, now, most)
    return replace(state, budget=budget), (taken, wait)
