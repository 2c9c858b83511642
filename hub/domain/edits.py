"""Edits of an order as differences: what changed, and where the units are that it gives up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class EditState(StrEnum):
    """Where an edit stands; only a proposed one is still to be settled."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class LineChange:
    """A line with its units before and after, by the channel's line id."""

    line: str
    sku: str
    before: int
    after: int


def differences(
    known: Mapping[str, tuple[str, int]], shown: Mapping[str, tuple[str, int]]
) -> tuple[LineChange, ...]:
    """Compare lines as {line id: (SKU, units)}; what is gone has zero units after."""
    lines = [*known, *(line for line in shown if line not in known)]
    changes = (
        LineChange(
            line, (shown.get(line) or known[line])[0],
            known.get(line, ("", 0))[1], shown.get(line, ("", 0))[1],
        )
        for line in lines
    )  # fmt: skip
    return tuple(change for change in changes if change.before != change.after)


@dataclass(frozen=True)
class Work:
    """Units of order lines that one piece of work holds; `loose`: no label was asked for yet."""

    id: str
    loose: bool
    units: Mapping[str, int]


@dataclass(frozen=True)
class GiveUp:
    """From where units come that an order gives up; nothing else is touched."""

    from_loose: dict[str, dict[str, int]] = field(default_factory=dict)
    """Work → line → units, of work without a label."""
    recalled: tuple[str, ...] = ()
    """Work whose label must be given back first."""
    too_late: dict[str, int] = field(default_factory=dict)
    """Line → units that are nowhere to be had: they left."""


def give_up(surplus: Mapping[str, int], idle: Mapping[str, int], works: Sequence[Work]) -> GiveUp:
    """Take surplus units (by line) where it costs least: idle ones, then loose work, then labels.

    `idle` are units without a place, promised or not. Labels are recalled as few as will do,
    the one that helps most first.
    """
    left = {line: units - idle.get(line, 0) for line, units in surplus.items()}
    left = {line: units for line, units in left.items() if units > 0}
    from_loose: dict[str, dict[str, int]] = {}
    for work in works:
        if work.loose and (taken := _taken(left, work)):
            from_loose[work.id] = taken
            left = _less(left, taken)
    recalled: list[str] = []
    labelled = [work for work in works if not work.loose]
    while best := max(labelled, key=lambda one: sum(_taken(left, one).values()), default=None):
        taken = _taken(left, best)
        if not taken:
            break
        recalled.append(best.id)
        labelled.remove(best)
        left = _less(left, taken)
    return GiveUp(from_loose, tuple(recalled), left)


def _taken(left: Mapping[str, int], work: Work) -> dict[str, int]:
    shared = {line: min(units, work.units.get(line, 0)) for line, units in left.items()}
    return {line: units for line, units in shared.items() if units > 0}


def _less(left: Mapping[str, int], taken: Mapping[str, int]) -> dict[str, int]:
    rest = {line: units - taken.get(line, 0) for line, units in left.items()}
    return {line: units for line, units in rest.items() if units > 0}
