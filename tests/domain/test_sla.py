"""Clocks of tickets, against an oracle that counts every single minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.domain.business_calendar import (
    BusinessCalendar,
    calendar_faults,
    calendar_of,
    is_day_off,
    open_spans,
    open_time,
    open_until,
)
from hub.domain.sla import Clock, ClockKind, ClockState, Moment, reckon, targets_of
from hub.domain.tickets import LIVE
from hub.records.sla_policy import SlaPolicy
from hub.records.ticket import Direction, Priority, TicketState

S, IN, OUT = TicketState, Direction.IN, Direction.OUT
MINUTE = timedelta(minutes=1)


# --- the oracle: one minute after the other -------------------------------------------------------


@lru_cache(maxsize=200_000)
def is_open(calendar: BusinessCalendar, minute: datetime) -> bool:
    """Ask the wall clock of that minute, and nothing else."""
    wall = minute.astimezone(ZoneInfo(calendar.zone))
    of_day = wall.hour * 60 + wall.minute
    hours = calendar.week[wall.weekday()]
    return any(a <= of_day < b for a, b in hours) and not is_day_off(calendar, wall.date())


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


def counted(calendar: BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    return MINUTE * sum(is_open(calendar, minute) for minute in minutes(start, end))


def counted_until(calendar: BusinessCalendar, start: datetime, amount: timedelta) -> datetime:
    while amount:
        amount -= MINUTE * is_open(calendar, start)
        start += MINUTE
    return start


# --- calendars ------------------------------------------------------------------------------------

CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC),),  # by half an hour
}
"""The instants at which the clocks are changed."""

_spans = st.tuples(st.integers(0, 1430), st.integers(1, 600)).map(
    lambda given: ((given[0], min(given[0] + given[1], 1440)),)
)
_weeks = st.lists(st.one_of(st.just(()), _spans), min_size=7, max_size=7).map(tuple)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    off = draw(st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 10)), max_size=3))
    return BusinessCalendar(zone, draw(_weeks), closed_on=off)


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[BusinessCalendar, datetime]:
    """A calendar, and a minute within two days of a change of its clocks."""
    calendar = draw(calendars())
    change = draw(st.sampled_from(CHANGES[calendar.zone]))
    return calendar, change + draw(st.integers(-2880, 2880)) * MINUTE


@settings(max_examples=40, deadline=None)
@given(near_changes(), st.integers(0, 2880))
def test_open_time_is_what_counting_minutes_gives(
    place: tuple[BusinessCalendar, datetime], length: int
) -> None:
    calendar, start = place
    end = start + length * MINUTE
    assert open_time(calendar, start, end) == counted(calendar, start, end)


@settings(max_examples=40, deadline=None)
@given(near_changes(), st.integers(1, 600))
def test_the_due_instant_is_what_counting_minutes_gives(
    place: tuple[BusinessCalendar, datetime], amount: int
) -> None:
    calendar, start = place
    due = open_until(calendar, start, amount * MINUTE)
    if not any(calendar.week):
        assert due is None
        return
    assert due is not None and open_time(calendar, start, due) == amount * MINUTE
    if due - start < timedelta(days=9):
        assert due == counted_until(calendar, start, amount * MINUTE)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23), ("America/New_York", date(2026, 11, 1), 25),
        ("America/New_York", date(2026, 7, 4), 24),
    ],
)  # fmt: skip
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: date, hours: int) -> None:
    always = BusinessCalendar(zone, (((0, 1440),),) * 7)
    spans = open_spans(always, day)
    assert sum((b - a for a, b in spans), timedelta()) == timedelta(hours=hours)


def test_public_holidays_are_days_off_and_those_of_a_state_too() -> None:
    epiphany = date(2026, 1, 6)
    bavaria = calendar_of(SlaPolicy(country="DE", subdivision="BY"))
    assert is_day_off(bavaria, epiphany) and is_day_off(bavaria, date(2026, 12, 25))
    assert not is_day_off(calendar_of(SlaPolicy(country="DE")), epiphany)
    assert is_day_off(calendar_of(SlaPolicy(closed_on=(epiphany,))), epiphany)


def test_a_policy_that_makes_no_sense_is_told_why() -> None:
    assert calendar_faults(SlaPolicy()) == []
    odd = SlaPolicy(
        time_zone="Mars/Olympus", country="XX", monday=("10:00-09:00",),
        tuesday=("09:00-12:00", "11:00-13:00"),
    )  # fmt: skip
    told = calendar_faults(odd)
    assert [line.partition(":")[0] for line in told] == [
        "time_zone",
        "country",
        "monday",
        "tuesday",
    ]
    never = SlaPolicy(monday=(), tuesday=(), wednesday=(), thursday=(), friday=())
    assert "never open" in calendar_faults(never)[0]


# --- clocks ---------------------------------------------------------------------------------------

OFFICE = calendar_of(SlaPolicy(time_zone="Europe/Berlin", country="DE"))
TARGETS = targets_of(SlaPolicy(), Priority.NORMAL)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def clocks(*history: Moment, now: float) -> dict[tuple[str, int], Clock]:
    return {(c.kind, c.round): c for c in reckon(history, TARGETS, OFFICE, at(now))}


def test_a_question_starts_the_first_clock_and_an_answer_meets_it() -> None:
    asked, told = Moment(at(0), S.NEW, IN), Moment(at(2), S.WAITING_CUSTOMER, OUT)
    running = clocks(asked, now=1)[ClockKind.FIRST_RESPONSE, 1]
    assert (running.state, running.due_at) == (ClockState.RUNNING, at(8))
    met = clocks(asked, told, now=100)[ClockKind.FIRST_RESPONSE, 1]
    assert (met.state, met.used, met.ended_at) == (ClockState.MET, timedelta(hours=2), at(2))


def test_a_night_and_a_weekend_do_not_count() -> None:
    friday = Moment(at(4 * 24 + 7), S.NEW, IN)  # at four in the afternoon
    due = clocks(friday, now=4 * 24 + 7)[ClockKind.FIRST_RESPONSE, 1].due_at
    assert due == at(7 * 24 + 7)


def test_a_promise_is_broken_at_its_due_instant_however_late_the_answer() -> None:
    asked, late = Moment(at(0), S.NEW, IN), Moment(at(30), S.WAITING_CUSTOMER, OUT)
    clock = clocks(asked, late, now=31)[ClockKind.FIRST_RESPONSE, 1]
    assert (clock.state, clock.due_at, clock.ended_at) == (ClockState.BREACHED, at(8), at(30))
    still = clocks(asked, now=8)[ClockKind.FIRST_RESPONSE, 1]
    assert (still.state, still.ended_at) == (ClockState.BREACHED, None)


def test_an_answer_at_the_last_instant_keeps_the_promise() -> None:
    asked, told = Moment(at(0), S.NEW, IN), Moment(at(8), S.WAITING_CUSTOMER, OUT)
    assert clocks(asked, told, now=9)[ClockKind.FIRST_RESPONSE, 1].state == ClockState.MET


def test_snoozing_is_no_answer_and_pauses_the_resolution_alone() -> None:
    history = (Moment(at(0), S.NEW, IN), Moment(at(1), S.SNOOZED))
    found = clocks(*history, now=5)
    assert found[ClockKind.FIRST_RESPONSE, 1].used == timedelta(hours=5)
    resolution = found[ClockKind.RESOLUTION, 1]
    assert (resolution.state, resolution.used) == (ClockState.PAUSED, timedelta(hours=1))
    assert resolution.due_at is None


def test_every_further_question_begins_a_further_round() -> None:
    found = clocks(
        Moment(at(0), S.NEW, IN), Moment(at(1), S.WAITING_CUSTOMER, OUT),
        Moment(at(2), S.OPEN, IN), Moment(at(3), S.OPEN, IN),
        Moment(at(4), S.WAITING_CUSTOMER, OUT), Moment(at(5), S.OPEN, IN), now=6,
    )  # fmt: skip
    rounds = {key: clock.state for key, clock in found.items() if key[0] != ClockKind.RESOLUTION}
    assert rounds == {
        (ClockKind.FIRST_RESPONSE, 1): ClockState.MET,
        (ClockKind.NEXT_RESPONSE, 1): ClockState.MET,
        (ClockKind.NEXT_RESPONSE, 2): ClockState.RUNNING,
    }
    assert found[ClockKind.NEXT_RESPONSE, 1].used == timedelta(hours=2)


def test_what_is_resolved_is_met_and_reopening_begins_anew() -> None:
    found = clocks(
        Moment(at(0), S.NEW), Moment(at(3), S.RESOLVED), Moment(at(4), S.OPEN, IN), now=5
    )
    assert found[ClockKind.RESOLUTION, 1].state == ClockState.MET
    assert found[ClockKind.RESOLUTION, 2].used == timedelta(hours=1)
    assert found[ClockKind.FIRST_RESPONSE, 1].state == ClockState.RUNNING


@pytest.mark.parametrize("end", [S.MERGED, S.SPAM])
def test_nobody_is_owed_an_answer_on_what_is_merged_or_spam(end: TicketState) -> None:
    found = clocks(Moment(at(0), S.NEW, IN), Moment(at(1), end), now=99)
    assert {clock.state for clock in found.values()} == {ClockState.CANCELLED}


# --- the algebra as a whole, against the minute counter -------------------------------------------


def oracle(
    history: list[Moment], kind: ClockKind, calendar: BusinessCalendar, now: datetime
) -> timedelta:
    """Count the open minutes in which the first clock of a kind was not answered and not paused."""
    running_in = LIVE - {S.WAITING_CUSTOMER} if kind != ClockKind.RESOLUTION else {S.NEW, S.OPEN}
    ends = {S.RESOLVED, S.CLOSED, S.MERGED, S.SPAM}
    begun, used, state = False, timedelta(), S.NEW
    pending = list(history)
    for minute in minutes(history[0].at, now):
        while pending and pending[0].at <= minute:
            moment = pending.pop(0)
            state = moment.state
            wrote_in = moment.wrote == IN and state not in ends
            if begun and (state in ends or (moment.wrote == OUT and kind != ClockKind.RESOLUTION)):
                return used
            begun = begun or kind == ClockKind.RESOLUTION or wrote_in
        used += MINUTE * (begun and state in running_in and is_open(calendar, minute))
    return used


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Moment], datetime]:
    zone = draw(st.sampled_from(("Europe/Berlin", "America/New_York")))
    start = draw(st.sampled_from(CHANGES[zone])) - draw(st.integers(0, 1440)) * MINUTE
    history = [Moment(start, S.NEW, draw(st.sampled_from([IN, None])))]
    states = st.sampled_from([S.OPEN, S.WAITING_CUSTOMER, S.WAITING_THIRD_PARTY, S.SNOOZED])
    for gap in draw(st.lists(st.integers(0, 700), max_size=6)):
        wrote = draw(st.sampled_from([IN, OUT, None]))
        state = S.RESOLVED if draw(st.integers(0, 9)) == 0 else draw(states)
        history.append(Moment(history[-1].at + gap * MINUTE, state, wrote))
    return history, history[-1].at + draw(st.integers(0, 700)) * MINUTE


GENEROUS = dict.fromkeys(ClockKind, timedelta(days=300))


@settings(max_examples=40, deadline=None)
@given(histories(), calendars(), st.sampled_from([ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION]))
@example(
    ([Moment(MONDAY, S.NEW, IN), Moment(MONDAY, S.RESOLVED, None)], MONDAY), OFFICE,
    ClockKind.FIRST_RESPONSE,
)  # fmt: skip
def test_a_clock_uses_what_counting_minutes_gives(
    story: tuple[list[Moment], datetime], calendar: BusinessCalendar, kind: ClockKind
) -> None:
    history, now = story
    found = [c for c in reckon(history, GENEROUS, calendar, now) if c.kind == kind and c.round == 1]
    assert (found[0].used if found else timedelta()) == oracle(history, kind, calendar, now)


@settings(max_examples=25, deadline=None)
@given(histories(), calendars(), st.integers(1, 400))
def test_a_promise_is_broken_exactly_when_more_was_used_than_promised(
    story: tuple[list[Moment], datetime], calendar: BusinessCalendar, target: int
) -> None:
    history, now = story
    kind = ClockKind.RESOLUTION
    tight = reckon(history, dict.fromkeys(ClockKind, target * MINUTE), calendar, now)
    (clock,) = [c for c in tight if c.kind == kind and c.round == 1]
    used = oracle(history, kind, calendar, now)
    broken = clock.state == ClockState.BREACHED
    on_the_dot = used == target * MINUTE and clock.due_at is not None and clock.due_at <= now
    assert broken == (used > target * MINUTE or on_the_dot)
    if broken:
        assert clock.due_at is not None
        assert oracle(history, kind, calendar, clock.due_at) == target * MINUTE
