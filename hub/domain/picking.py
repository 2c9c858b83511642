"""Picking: which work goes into one walk, in which order the bins are walked, what a batch is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.records.warehouse import BatchState

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class OpenWork:
    """A fulfilment order that waits to be picked."""

    id: str
    placed_at: datetime
    units: int
    stops: frozenset[str]
    """The bins that have to be visited for it."""


def choose(waiting: Sequence[OpenWork], max_orders: int, max_units: int) -> list[OpenWork]:
    """Choose the work of one walk: the oldest order, then whatever lies on its way.

    The oldest goes first, so that no order waits for ever; among the others those come first
    that need the fewest further bins, then the oldest. A single order greater than the cart is
    taken alone.
    """
    left = sorted(waiting, key=lambda work: (work.placed_at, work.id))
    chosen: list[OpenWork] = []
    seen: set[str] = set()
    room = max_units
    while left and len(chosen) < max_orders:
        fitting = [work for work in left if work.units <= room] if chosen else left[:1]
        if not fitting:
            break
        best = min(fitting, key=lambda work: (len(work.stops - seen), work.placed_at, work.id))
        chosen.append(best)
        seen |= best.stops
        room -= best.units
        left.remove(best)
    return chosen


def bin_key(code: str, walk: int | None = None) -> tuple[bool, int, tuple[tuple[int, str], ...]]:
    """Give the place of a bin in the walk: its number in the walk, then its code read as people do.

    A-2 comes before A-10. What has no bin is fetched last.
    """
    parts = tuple(
        (int(part), "") if part.isdigit() else (-1, part.casefold())
        for part in _NUMBERS.split(code)
        if part
    )
    return not code, walk if walk is not None else 2**31, parts


def still_to_put_back(picked: int, put_back: int, beyond: int) -> int:
    """Give a task's units that go back to their shelf: `beyond` were fetched and nobody wants."""
    return max(0, min(picked - put_back, beyond))


def batch_state(released: bool, closed: bool, quantity: int, done: int, begun: bool) -> BatchState:
    """Say where a batch stands: units to fetch, and of these picked, short or recalled."""
    if closed:
        return BatchState.CLOSED
    if not released:
        return BatchState.PLANNED
    if done >= quantity:
        return BatchState.PICKED
    return BatchState.PICKING if begun else BatchState.RELEASED
