"""Months of demand: days added up so that a plan reads a twelfth of them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

Day = tuple[str, str, int]
"""A stock item, a location, and the proleptic ordinal of a date."""


def month_of(day: int) -> int:
    """Give the month of a day, counted from year 0."""
    read = date.fromordinal(day)
    return read.year * 12 + read.month - 1


def first_day(month: int) -> int:
    """Give the first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


class Sums(NamedTuple):
    """The days of one month, added up."""

    units: int = 0
    squares: int = 0
    """Sum of the squares of each day's units."""
    sale_days: int = 0
    out_days: int = 0
    first_sale: int | None = None


def add_up(sold: Mapping[Day, int], empty: Iterable[Day]) -> dict[tuple[str, str, int], Sums]:
    """Give the sums by item, location and month.

    What was sold on a day without stock counts as little as the day itself.
    """
    found: dict[tuple[str, str, int], Sums] = {}
    missing = set(empty)
    for item, place, day in missing:
        key = (item, place, month_of(day))
        before = found.get(key, _NOTHING)
        found[key] = before._replace(out_days=before.out_days + 1)
    for (item, place, day), units in sold.items():
        if units <= 0 or (item, place, day) in missing:
            continue
        key = (item, place, month_of(day))
        had, squares, days, out, first = found.get(key, _NOTHING)
        found[key] = Sums(
            had + units, squares + units * units, days + 1, out,
            day if first is None else min(first, day),
        )  # fmt: skip
    return found


_NOTHING = Sums()
