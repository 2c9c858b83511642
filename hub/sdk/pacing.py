"""How fast a vendor may be asked: one connection's budget of calls, and its breaker. Pure.

Times are seconds since 1970, by the hub's clock. No stored instant is believed beyond what the
rules could have set, so that a clock that jumps back costs one wait and not the years between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hub.sdk.exchange import Outcome

SHARE_DOUBLES_IN = 60.0
"""After a cut, the share of the declared rate that is used doubles in so many seconds."""
LEAST_SHARE = 1 / 64
HEALED_IN = SHARE_DOUBLES_IN * 6
TOLERANCE = 1e-6
"""Seconds; what a float of this century can tell apart."""
ASSUMED_PER_SECOND = 10.0
"""For a vendor that declares no rate, once it asked for patience."""
LONGEST_CLOSED = 3600.0

WINDOW, LEAST_FAILURES, FAILING_SHARE = 20, 5, 0.5
FIRST_PROBE, LONGEST_PROBE = 30.0, 900.0

FAILURES: frozenset[Outcome] = frozenset({"transient", "not_sent", "unknown"})
"""Outcomes that say the vendor is not well; a refusal is an answer."""
ANSWERS: frozenset[Outcome] = frozenset({"ok", "refused", "unmapped"})


@dataclass(frozen=True, slots=True)
class Pace:
    """What a vendor allows: calls a second in the long run, and how many at once."""

    per_second: float | None = None
    burst: float = 10.0


@dataclass(frozen=True, slots=True)
class Called:
    """What a finished call tells about the vendor; times in seconds."""

    outcome: Outcome
    elapsed: float
    retry_after: float | None = None


class Gate(Protocol):
    """Stands before every call of a connection."""

    def enter(self) -> None:
        """Return when a call may be made; raises `RateLimitedError` with the time to wait."""
        ...

    def leave(self, called: Called) -> None:
        """Hear how it ended; never fails the call it is about."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """A token bucket, told by the instant at which it will be full."""

    full_at: float = 0.0
    share: float = 1.0
    cut_at: float = 0.0
    """Healing begins here: when it was cut, or when the vendor may be asked again."""
    closed_until: float = 0.0
    """The vendor named this time."""

    def share_at(self, now: float) -> float:
        """Give the share of the declared rate that is used: cuts heal with time."""
        since = now - self.cut_at
        if not -LONGEST_CLOSED <= since < HEALED_IN:  # too far ahead: made before the clock jumped
            return 1.0
        return float(min(1.0, self.share * 2 ** (max(since, 0.0) / SHARE_DOUBLES_IN)))

    def cut(self, now: float, by: float, closed_for: float = 0.0) -> "Budget":
        """Go slower, and not at all for a while."""
        until = now + min(closed_for, LONGEST_CLOSED)
        return replace(
            self, share=max(LEAST_SHARE, self.share_at(now) * by), cut_at=until,
            closed_until=max(self.closed_until, until),
        )  # fmt: skip

    def take(self, pace: Pace, now: float, most: int = 1) -> tuple["Budget", int, float]:
        """Take up to `most` calls; gives the budget left, how many, and how long until the next."""
        closed_for = self.closed_until - now
        if 0 < closed_for <= LONGEST_CLOSED:
            return self, 0, closed_for
        share = self.share_at(now)
        if pace.per_second is None and share >= 1:
            return self, most, 0.0
        interval = 1 / ((pace.per_second or ASSUMED_PER_SECOND) * share)
        depth = max(pace.burst * share, 1.0) * interval
        lacking = min(max(self.full_at - now, 0.0), depth)
        saved_up = depth - lacking
        taken = min(most, int((saved_up + TOLERANCE) / interval))
        if not taken:
            believed = min(self.full_at, now + depth)
            return replace(self, full_at=believed), 0, interval - saved_up
        return replace(self, full_at=now + lacking + taken * interval), taken, 0.0


def room(concurrency: int, share: float) -> int:
    """Give how many jobs may call a vendor at once while `share` of its rate is used."""
    return max(1, int(concurrency * share + TOLERANCE))


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a vendor that kept failing is left alone; one probe at a time finds out."""

    opened_at: float | None = None
    probe_at: float = 0.0
    probes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self.opened_at is not None

    def opened(self, now: float) -> "Breaker":
        """Hold calls back from now on."""
        return Breaker(opened_at=now, probe_at=now + FIRST_PROBE)

    def enter(self, now: float) -> tuple["Breaker", float]:
        """Ask to call; gives the breaker after that and how long to wait: nothing for the probe."""
        if not self.is_open:
            return self, 0.0
        wait = self.probe_at - now
        if 0 < wait <= LONGEST_PROBE:
            return self, wait
        pause = min(FIRST_PROBE * 2 ** min(self.probes + 1, 10), LONGEST_PROBE)
        return replace(self, probe_at=now + pause, probes=self.probes + 1), 0.0


def is_failing(recent: Sequence[bool]) -> bool:
    """Tell from the last calls (True for a failure) whether the vendor is to be left alone."""
    last = recent[-WINDOW:]
    failures = sum(last)
    return failures >= LEAST_FAILURES and failures >= FAILING_SHARE * len(last)
