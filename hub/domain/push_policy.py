"""What to do about the number one listing shows: lower at once, raise only when all is settled.

A channel sells while the hub thinks. A number that changed by itself gives away a sale nobody has
reported: it is asked for before anything is raised. Drives the service and the oversell proof.
"""

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What is done next about one listing."""

    CONFIRM = "confirm"
    """It shows what it should."""
    SEND = "send"
    """Set the number; where the channel offers it, only if it still shows what was seen."""
    ASK = "ask"
    """Read the channel's orders to their end first."""
    SEND_AND_ASK = "send_and_ask"
    """Set a lower number now and read the orders; the rest follows from them."""
    WAIT = "wait"
    """An older push may still arrive: look again when it no longer can."""


@dataclass(frozen=True)
class Seen:
    """All that the next step follows from; quantities are units."""

    wanted: int
    """What it should show by all that the hub knows at this moment."""
    shown: int
    """What it was seen to show."""
    confirmed: int | None
    """What it showed last by the hub's doing; None while the hub has set nothing."""
    explained: bool = False
    """Its orders were read to their end since it was seen to have moved by itself."""
    unsettled: int | None = None
    """The number of an earlier push whose answer was lost: it may still arrive."""
    may_guess: bool = True
    """Whether a lower number may be sent before it is known why the number moved.

    Not where people may type numbers at the channel that are to be kept.
    """


@dataclass(frozen=True)
class Step:
    """What to do, and the number to set where one is set."""

    act: Act
    quantity: int = 0


def moved_by_itself(seen: Seen) -> bool:
    """Whether the number is neither ours nor the wanted one: a sale, or a person."""
    return seen.confirmed is not None and seen.shown not in (seen.confirmed, seen.wanted)


def next_step(seen: Seen) -> Step:
    """Decide about one listing."""
    if moved_by_itself(seen) and not seen.explained:
        return _suspect(seen)
    if seen.wanted < seen.shown:
        return Step(Act.SEND, seen.wanted)
    if seen.unsettled not in (None, seen.wanted):
        return Step(Act.WAIT)
    return Step(Act.SEND if seen.wanted > seen.shown else Act.CONFIRM, seen.wanted)


def _suspect(seen: Seen) -> Step:
    """Units left that the hub does not know of: what is wanted without them is not too much."""
    assert seen.confirmed is not None
    sold = max(0, seen.confirmed - seen.shown)
    safe = max(0, seen.wanted - sold)
    if seen.may_guess and sold and safe < seen.shown:
        return Step(Act.SEND_AND_ASK, safe)
    return Step(Act.ASK)
