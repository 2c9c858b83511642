"""Rules that plugins may contribute: a name and a pure function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.records.plan import Rejection, RoutingCandidate, RoutingRequest
from hub.records.reorder import ReorderFacts, ReorderLevels, ReorderSettings

Stage = Callable[
    [RoutingRequest, Sequence[RoutingCandidate]], tuple[list[RoutingCandidate], list[Rejection]]
]
"""(request, candidates) → candidates kept, in order of rank, and rejections."""

Term = Callable[[RoutingRequest, RoutingCandidate], int]
"""(request, candidate) → points that a parcel from there costs, beyond the hub's own terms."""


@dataclass(frozen=True)
class RoutingRule:
    """What a routing policy may list by name; pure: no clock, no chance, no network."""

    name: str
    stage: Stage | None = None
    """Turns locations down, or puts them in order."""
    cost: Term | None = None
    """Makes parcels dearer; never less than nothing."""


@dataclass(frozen=True)
class ReorderRule:
    """A named reorder rule; pure. It never sees the stock, so more stock never raises an order."""

    name: str
    levels: Callable[[ReorderFacts, ReorderSettings], ReorderLevels]
