"""The clocks of a ticket: what was promised, when each clock ran, and when it is due. Pure.

A clock is a list of intervals in which it ran. Time counts while the house is open. Whoever is
waited for decides which clocks run: a customer who waits for a first answer waits also while the
house waits for a carrier.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from hub.domain.business_calendar import BusinessCalendar, Span, open_time, open_until
from hub.domain.tickets import LIVE, OVER
from hub.records.sla_policy import SlaPolicy
from hub.records.ticket import Direction, Priority, TicketState

S = TicketState


class ClockKind(StrEnum):
    """What is promised."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class ClockState(StrEnum):
    """The life of a clock; the last three are its end."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


RUNS_IN: Mapping[ClockKind, frozenset[TicketState]] = {
    ClockKind.FIRST_RESPONSE: LIVE - {S.WAITING_CUSTOMER},
    ClockKind.NEXT_RESPONSE: LIVE - {S.WAITING_CUSTOMER},
    ClockKind.RESOLUTION: frozenset({S.NEW, S.OPEN}),
}
"""Snoozing a ticket, or waiting for others, is no answer: only the resolution may wait for them."""


@dataclass(frozen=True)
class Moment:
    """Something that happened to a ticket: a message of a person, or a new state."""

    at: datetime
    state: TicketState
    """After it."""
    wrote: Direction | None = None
    """Who wrote, if it is a message; what machines wrote is no moment."""


@dataclass
class Clock:
    """One promise, and how far it is used up; `ended_at` also where it was broken before."""

    kind: ClockKind
    round: int
    target: timedelta
    ran: list[Span] = field(default_factory=list)
    since: datetime | None = None
    """Running since then; None while it is paused or over."""
    state: ClockState = ClockState.PAUSED
    used: timedelta = timedelta()
    due_at: datetime | None = None
    """When it will be broken, or was."""
    ended_at: datetime | None = None

    def run(self, runs: bool, at: datetime) -> None:
        """Go on or stand still from an instant on."""
        if runs and self.since is None:
            self.since = at
        elif not runs and self.since is not None:
            self.ran.append((self.since, at))
            self.since = None

    def end(self, state: ClockState, at: datetime) -> None:
        """Say how it ended."""
        self.run(False, at)
        self.state, self.ended_at = state, at


def targets_of(policy: SlaPolicy, priority: Priority) -> Mapping[ClockKind, timedelta]:
    """Give what is promised for a priority."""
    promised = getattr(policy, priority.value)
    return {kind: timedelta(minutes=getattr(promised, f"{kind}_minutes")) for kind in ClockKind}


def reckon(
    history: Sequence[Moment], targets: Mapping[ClockKind, timedelta],
    calendar: BusinessCalendar, now: datetime,
) -> tuple[Clock, ...]:  # fmt: skip
    """Give every clock that a history started, as it stands now; the first moment is the opening.

    Moments are given oldest first.
    """
    clocks: list[Clock] = []
    before = S.CLOSED
    for moment in history:
        for step in (_begin, _end):
            step(clocks, moment, before, targets)
        for clock in clocks:
            if clock.ended_at is None:
                clock.run(moment.state in RUNS_IN[clock.kind], moment.at)
        before = moment.state
    for clock in clocks:
        _settle(clock, calendar, now)
    return tuple(clocks)


def _begin(
    clocks: list[Clock], moment: Moment, before: TicketState,
    targets: Mapping[ClockKind, timedelta],
) -> None:  # fmt: skip
    if moment.state in LIVE and before not in LIVE:
        clocks.append(_new(clocks, ClockKind.RESOLUTION, targets))
    answers = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
    waits = any(clock.ended_at is None for clock in clocks if clock.kind in answers)
    if moment.wrote == Direction.IN and moment.state in LIVE and not waits:
        asked = any(clock.kind == ClockKind.FIRST_RESPONSE for clock in clocks)
        clocks.append(_new(clocks, answers[asked], targets))


def _new(clocks: list[Clock], kind: ClockKind, targets: Mapping[ClockKind, timedelta]) -> Clock:
    return Clock(kind, 1 + sum(clock.kind == kind for clock in clocks), targets[kind])


def _end(
    clocks: list[Clock], moment: Moment, before: TicketState,
    targets: Mapping[ClockKind, timedelta],
) -> None:  # fmt: skip
    for clock in clocks:
        if clock.ended_at is not None:
            continue
        resolves = clock.kind == ClockKind.RESOLUTION
        if moment.wrote == Direction.OUT and not resolves:
            clock.end(ClockState.MET, moment.at)
        elif moment.state not in LIVE:
            met = resolves and moment.state in OVER
            clock.end(ClockState.MET if met else ClockState.CANCELLED, moment.at)


def _settle(clock: Clock, calendar: BusinessCalendar, now: datetime) -> None:
    """Count what was used, and see whether the promise was broken before the clock ended."""
    for start, end in clock.ran:
        left = clock.target - clock.used
        spent = open_time(calendar, start, end)
        if spent > left:
            return _break(clock, open_until(calendar, start, left))
        clock.used += spent
    if clock.since is None:
        return None
    clock.state = ClockState.RUNNING
    clock.due_at = open_until(calendar, clock.since, clock.target - clock.used)
    clock.used += open_time(calendar, clock.since, now)
    if clock.due_at is not None and now >= clock.due_at:
        _break(clock, clock.due_at)
    return None


def _break(clock: Clock, at: datetime | None) -> None:
    if clock.state != ClockState.CANCELLED:
        clock.state = ClockState.BREACHED
    clock.used, clock.due_at = clock.target, at


def unanswered(clocks: Sequence[Clock]) -> Iterator[Clock]:
    """Give the clocks whose promise is broken and still owed."""
    return (
        clock for clock in clocks if clock.state == ClockState.BREACHED and clock.ended_at is None
    )


def next_due(clocks: Sequence[Clock]) -> datetime | None:
    """Give the earliest instant at which a running clock will be broken."""
    due = [c.due_at for c in clocks if c.state == ClockState.RUNNING and c.due_at is not None]
    return min(due, default=None)
