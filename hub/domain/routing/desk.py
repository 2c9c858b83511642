"""The desk: who may serve a destination, ranked and priced once; then asked order by order.

What is asked and answered here is plain numbers, so that a hundred thousand lines take a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.domain.routing.costs import Term, cost_of
from hub.domain.routing.search import Found
from hub.domain.routing.split import Prices, Shelf, Taken, alone, split
from hub.domain.routing.stages import NAMED, Candidates, Stage, as_they_are, narrowed
from hub.records.plan import Rejection, RoutingCandidate, RoutingCost, RoutingRequest
from hub.records.routing_policy import WhenShort

Asked = tuple[str, int]
"""(stock item, units) of one line."""

Placed = tuple[int, int, int]
"""(number of the line, number of the location, units)."""


@dataclass(frozen=True)
class Rules:
    """What plugins bring beside the hub's own: stages and cost terms that a policy may list."""

    stages: Mapping[str, Stage] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Served:
    """What was placed of an order, what of each item nobody has, and how the search went."""

    placed: Sequence[Placed]
    missing: Mapping[str, int]
    found: Found


_NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True)
class Desk:
    """The locations that may serve a destination under a policy, in order of rank."""

    places: Sequence[RoutingCandidate]
    rejected: Sequence[Rejection]
    costs: Sequence[RoutingCost]
    prices: Prices
    whole_items: bool
    together: bool

    def serve(self, lines: Sequence[Asked], shelves: Mapping[str, Shelf]) -> Served:
        """Serve an order at the least cost; `shelves` give the free units of an item by location.

        Takes nothing from the shelves.
        """
        asked = [(units, shelves[item]) for item, units in lines]
        one_line_each = len({item for item, _ in lines}) == len(lines)
        if one_line_each and (whole := alone(asked, self.prices)):
            place, found = whole
            placed = [(number, place, units) for number, (units, _) in enumerate(asked)]
            return Served(placed, _NOTHING, found)
        needs: dict[str, int] = {}
        for item, units in lines:
            needs[item] = needs.get(item, 0) + units
        made = split(
            list(needs.values()), [shelves[item] for item in needs], self.prices,
            whole_items=self.whole_items, together=self.together,
        )  # fmt: skip
        missing = {item: units for item, units in zip(needs, made.missing, strict=True) if units}
        placed = (
            _one_line_each(made.taken)
            if one_line_each
            else _shared_out(lines, dict(zip(needs, made.taken, strict=True)))
        )
        return Served(placed, missing, made.found)


def open_desk(request: RoutingRequest, candidates: Candidates, rules: Rules) -> Desk:
    """Run the stages and price who is left.

    A request without lines opens a desk for any order to its country. Raises `UnknownStageError`,
    `BadStageError`, `BadTermError`.
    """
    only_priced = dict.fromkeys(rules.terms, as_they_are)
    kept, rejected = narrowed(request, candidates, {**only_priced, **NAMED, **rules.stages})
    brought = {name: rules.terms[name] for name in request.policy.stages if name in rules.terms}
    costs = [cost_of(request, place, brought) for place in kept]
    return Desk(
        kept, rejected, costs,
        Prices([cost.parcel for cost in costs], [cost.unit for cost in costs]),
        whole_items=not request.policy.split_lines,
        together=request.policy.when_short == WhenShort.WAIT,
    )  # fmt: skip


def _one_line_each(taken: Sequence[Taken]) -> list[Placed]:
    return [(number, place, units) for number, heaps in enumerate(taken) for place, units in heaps]


def _shared_out(lines: Sequence[Asked], taken: Mapping[str, Taken]) -> list[Placed]:
    """Give the units of each item to its lines, one line after the other."""
    heaps = {item: [list(heap) for heap in heaps] for item, heaps in taken.items()}
    placed: list[Placed] = []
    for number, (item, missing) in enumerate(lines):
        for heap in heaps[item]:
            units = min(missing, heap[1])
            if units:
                heap[1] -= units
                missing -= units
                placed.append((number, heap[0], units))
    return placed
