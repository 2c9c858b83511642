"""Business calendars: at which instants a house is open, and how much open time lies between two.

Hours are told by the wall clock. A day is cut where its offset from UTC changes; within a piece the
wall clock is UTC shifted, so that an hour which comes twice counts twice, and one that is left out
counts not at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from hub.records.sla_policy import SlaPolicy

Span = tuple[datetime, datetime]
"""From an instant, included, to another, excluded; both in UTC."""

DAY = timedelta(days=1)
FAR = 3660
"""Days after which a house that never opens is no longer waited for."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class BusinessCalendar:
    """When a house is open: minutes of the day by weekday, Monday first, and days off."""

    zone: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    country: str = ""
    subdivision: str = ""
    closed_on: frozenset[date] = frozenset()


def calendar_of(policy: SlaPolicy) -> BusinessCalendar:
    """Read the calendar that a policy describes."""
    week = tuple(tuple(sorted(map(_minutes, getattr(policy, name)))) for name in WEEKDAYS)
    return BusinessCalendar(
        policy.time_zone, week, policy.country, policy.subdivision, frozenset(policy.closed_on)
    )


def _minutes(span: str) -> tuple[int, int]:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in span.split("-"))
    return start, end


def calendar_faults(policy: SlaPolicy) -> list[str]:
    """Name what no record can see: zones and countries nobody knows, hours that make no sense."""
    found = []
    try:
        ZoneInfo(policy.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        found.append(f"time_zone: nobody knows {policy.time_zone}; write Europe/Berlin")
    try:
        _public_holidays(policy.country, policy.subdivision, 2026)
    except NotImplementedError:
        found.append(f"country: no holidays are known of {policy.country} {policy.subdivision}")
    for name, spans in zip(WEEKDAYS, calendar_of(policy).week, strict=True):
        ends = [0, *(end for _, end in spans)]
        if any(start >= end for start, end in spans):
            found.append(f"{name}: it closes before it opens")
        elif any(start < before for (start, _), before in zip(spans, ends, strict=False)):
            found.append(f"{name}: its hours overlap")
    if not any(calendar_of(policy).week):
        found.append("hours: the house is never open, so nothing would ever be due")
    return found


@lru_cache(maxsize=256)
def _public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    known = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return frozenset(known)


def is_day_off(calendar: BusinessCalendar, day: date) -> bool:
    """Say whether nobody works on this day, whatever weekday it is."""
    off = _public_holidays(calendar.country, calendar.subdivision, day.year)
    return day in off or day in calendar.closed_on


@lru_cache(maxsize=4096)
def open_spans(calendar: BusinessCalendar, day: date) -> tuple[Span, ...]:
    """Give the instants at which the house is open on a local day, earliest first."""
    hours = calendar.week[day.weekday()]
    if not hours or is_day_off(calendar, day):
        return ()
    midnight = datetime.combine(day, time(), UTC)
    found = []
    for start, end, offset in _pieces(ZoneInfo(calendar.zone), day):
        for opens, closes in hours:
            begins = max(start, midnight + timedelta(minutes=opens) - offset)
            ends = min(end, midnight + timedelta(minutes=closes) - offset)
            if begins < ends:
                found.append((begins, ends))
    return tuple(sorted(found))


def _pieces(zone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut the time around a local day where the zone's offset changes: (from, to, offset).

    A piece reaches beyond the day, which the hours of the day then cut off; pieces do not overlap.
    """
    start = datetime.combine(day, time(), UTC) - DAY
    end = start + 3 * DAY
    before = _offset(zone, start)
    while (change := _first_change(zone, start, end, before)) is not None:
        yield start, change, before
        start, before = change, _offset(zone, change)
    yield start, end, before


def _first_change(
    zone: ZoneInfo, start: datetime, end: datetime, before: timedelta
) -> datetime | None:
    """Find the second at which the offset first differs; changes are hours apart."""
    step = timedelta(hours=1)
    late = start
    while late < end and _offset(zone, late) == before:
        late += step
    if late >= end:
        return None
    early = late - step
    while late - early > timedelta(seconds=1):
        middle = (early + (late - early) / 2).replace(microsecond=0)
        early, late = (middle, late) if _offset(zone, middle) == before else (early, middle)
    return late


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def open_time(calendar: BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    """Give how much of the time between two instants the house is open."""
    pieces = _open_between(calendar, start, end)
    return sum((last - first for first, last in pieces), timedelta())


def _open_between(calendar: BusinessCalendar, start: datetime, end: datetime) -> Iterator[Span]:
    for day in _days(calendar, start):
        spans = open_spans(calendar, day)
        yield from ((max(a, start), min(b, end)) for a, b in spans if a < end and b > start)
        if datetime.combine(day, time(), UTC) - DAY > end:
            return


def _days(calendar: BusinessCalendar, start: datetime) -> Iterator[date]:
    first = start.astimezone(ZoneInfo(calendar.zone)).date()
    return (first + DAY * ahead for ahead in range(FAR))


def open_until(calendar: BusinessCalendar, start: datetime, amount: timedelta) -> datetime | None:
    """Give the first instant by which so much open time has passed; None when that never comes."""
    left = amount
    for day in _days(calendar, start):
        for begins, ends in open_spans(calendar, day):
            begins = max(begins, start)
            if begins < ends and left <= ends - begins:
                return begins + left
            left -= max(ends - begins, timedelta())
    return None


def covered(spans: Sequence[Span], calendar: BusinessCalendar) -> timedelta:
    """Give the open time within several spans that do not overlap."""
    return sum((open_time(calendar, start, end) for start, end in spans), timedelta())
