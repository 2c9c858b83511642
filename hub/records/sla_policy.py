"""What a merchant promises to customers who write: how soon, and at which hours time counts."""

from datetime import date
from typing import Annotated

from pydantic import Field

from hub.records.base import Record, Text, Word

Minutes = Annotated[int, Field(ge=1, le=525_600)]
"""Working minutes: only those at which the house is open count."""

HourSpan = Annotated[
    str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]
"""From when to when, by the wall clock: 09:00-17:00."""

Days = Annotated[int, Field(ge=0, le=365)]

_WORKDAY: tuple[HourSpan, ...] = ("09:00-17:00",)


class Targets(Record):
    """Within how many working minutes what is promised happens."""

    first_response_minutes: Minutes
    next_response_minutes: Minutes
    resolution_minutes: Minutes


class SlaPolicy(Record):
    """The promise: opening hours, holidays, and targets by priority."""

    time_zone: Word = "UTC"
    country: Text = ""
    """Its public holidays are days off, such as DE; empty: no public holidays."""
    subdivision: Text = ""
    """A state or province with holidays of its own, such as BY."""
    closed_on: tuple[date, ...] = ()
    """Further days off."""
    monday: tuple[HourSpan, ...] = _WORKDAY
    tuesday: tuple[HourSpan, ...] = _WORKDAY
    wednesday: tuple[HourSpan, ...] = _WORKDAY
    thursday: tuple[HourSpan, ...] = _WORKDAY
    friday: tuple[HourSpan, ...] = _WORKDAY
    saturday: tuple[HourSpan, ...] = ()
    sunday: tuple[HourSpan, ...] = ()
    low: Targets = Targets(
        first_response_minutes=960, next_response_minutes=960, resolution_minutes=4800
    )
    normal: Targets = Targets(
        first_response_minutes=480, next_response_minutes=480, resolution_minutes=2400
    )
    high: Targets = Targets(
        first_response_minutes=240, next_response_minutes=240, resolution_minutes=960
    )
    urgent: Targets = Targets(
        first_response_minutes=60, next_response_minutes=120, resolution_minutes=480
    )
    close_after_days: Days = 4
    """A resolved ticket is closed when nobody has come back to it for so long."""
    reopen_days: Days = 14
    """Who writes later than this after the end begins a new ticket, linked to the old."""
