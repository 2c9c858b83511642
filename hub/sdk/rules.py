"""Rules that plugins may contribute: a name and a pure function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.records.plan import Rejection, RoutingCandidate, RoutingLine
from hub.records.policy import Policy

Stage = Callable[
    [Sequence[RoutingLine], Sequence[RoutingCandidate], str, Policy],
    tuple[list[RoutingCandidate], list[Rejection]],
]
"""(lines, candidates, destination, policy) → candidates kept, in order, and rejections."""


@dataclass(frozen=True)
class RoutingRule:
    """A named stage of routing; pure: no clock, no chance, no network."""

    name: str
    stage: Stage


@dataclass(frozen=True)
class ReorderRule:
    """A named reorder rule; its signature is fixed with the purchasing records."""

    name: str
    propose: Callable[..., object]
