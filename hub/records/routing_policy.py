"""What a merchant decides about routing; the defaults work without any file."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Record, Text, Word

Points = Annotated[int, Field(ge=0, le=10**9)]
"""A cost in a unit of the merchant's choosing, cents for example; never below nothing."""

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class WhenShort(StrEnum):
    """What becomes of an order that no locations together have whole."""

    WAIT = "wait"
    """It ships together: nothing leaves until all of it can."""
    SHIP = "ship"
    """What is there leaves; the rest follows."""


class LocationTerms(Record):
    """What is particular about shipping from one location."""

    countries: tuple[Country, ...] = ()
    """The countries it serves; none named means all."""
    parcels_per_day: Annotated[int, Field(ge=0, le=10**6)] | None = None
    cut_off: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """When the day's last collection leaves, in the policy's time zone."""
    parcel: Points = 0
    """Points of a parcel from here, beyond those of any parcel."""
    unit: Points = 0
    """Points of each unit from here."""
    to: dict[Country, Points] = {}
    """Points of a parcel from here to a country, beyond the others."""


class RoutingPolicy(Record):
    """How the location is chosen: the cheapest set of locations, by these points."""

    stages: tuple[Word, ...] = ("serves_country", "has_capacity", "by_priority")
    """What turns locations down or puts them in order, besides what always does; plugins may
    bring more."""
    when_short: WhenShort = WhenShort.WAIT
    split_lines: bool = True
    """Whether units of one item may come from several locations."""
    parcel: Points = 1000
    """Points of a parcel: what one parcel more is worth avoiding."""
    abroad: Points = 250
    """Points of a parcel that crosses a border."""
    late: Points = 500
    """Points of a parcel that misses the day's last collection."""
    time_zone: Text = "UTC"
    """In which a location's day begins and its collection leaves, as in Europe/Berlin."""
    locations: dict[Word, LocationTerms] = {}
    """By the location's code."""

    def terms_of(self, code: str) -> LocationTerms:
        """Give what is particular about a location."""
        return self.locations.get(code, _NOTHING_PARTICULAR)


_NOTHING_PARTICULAR = LocationTerms()
