"""A plan for one order: what the desk placed, in records, with every reason that led to it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from hub.domain.routing.desk import Desk, Placed, Rules, Served, open_desk
from hub.domain.routing.stages import Candidates
from hub.records.plan import (
    PlannedAllocation,
    RoutingLine,
    RoutingPlan,
    RoutingProof,
    RoutingRequest,
)

RULE_VERSION = "cheapest/1"
"""Another one whenever the same inputs may give another plan."""

NO_RULES = Rules()


def route(request: RoutingRequest, candidates: Candidates, rules: Rules = NO_RULES) -> RoutingPlan:
    """Plan where the lines ship from, at the least cost; what is not placed is `short`.

    `available` of a candidate counts units not yet allocated there. Neither the order of lines nor
    that of candidates matters. Raises `UnknownStageError`, `BadStageError`, `BadTermError`.
    """
    ordered = sorted(request.lines, key=lambda line: line.order_line_id)
    lines = [line for line in ordered if line.quantity]
    desk = open_desk(request, candidates, rules)
    items = {line.stock_item_id for line in lines}
    served = desk.serve(
        [(line.stock_item_id, line.quantity) for line in lines],
        {item: [place.available.get(item, 0) for place in desk.places] for item in items},
    )
    return RoutingPlan(
        allocations=tuple(_allocation(lines, desk, one) for one in served.placed),
        short=tuple(_short(lines, served.placed)),
        missing=tuple(_missing(lines, served, candidates)),
        rejected=tuple(desk.rejected), chosen=tuple(_sentences(desk, served.placed)),
        costs=tuple(desk.costs), cost=served.found.cost, proof=_proof(desk, served),
        rule_version=RULE_VERSION,
    )  # fmt: skip


def _allocation(lines: Sequence[RoutingLine], desk: Desk, placed: Placed) -> PlannedAllocation:
    number, place, units = placed
    return PlannedAllocation(
        order_line_id=lines[number].order_line_id, stock_item_id=lines[number].stock_item_id,
        location_id=desk.places[place].location_id, quantity=units,
    )  # fmt: skip


def _short(lines: Sequence[RoutingLine], placed: Sequence[Placed]) -> Iterator[RoutingLine]:
    units = Counter[int]()
    for number, _, count in placed:
        units[number] += count
    for number, line in enumerate(lines):
        if left := line.quantity - units[number]:
            yield line.model_copy(update={"quantity": left})


def _missing(lines: Sequence[RoutingLine], served: Served, candidates: Candidates) -> Iterator[str]:
    for item, missing in served.missing.items():
        own = [line for line in lines if line.stock_item_id == item]
        wanted = sum(line.quantity for line in own)
        doubted = sorted(place.code for place in candidates if item in place.doubtful)
        count = f"; not found and to be counted at {', '.join(doubted)}" if doubted else ""
        yield f"{own[0].sku or item}: {wanted} wanted, {wanted - missing} can ship{count}"


def _proof(desk: Desk, served: Served) -> RoutingProof:
    return RoutingProof(
        locations=len(desk.places), sets=served.found.sets, bound=served.found.bound,
        complete=served.found.complete,
    )  # fmt: skip


def _sentences(desk: Desk, placed: Sequence[Placed]) -> Iterator[str]:
    units = Counter[int]()
    for _, place, count in placed:
        units[place] += count
    for place in sorted(units):
        at, cost = desk.places[place], desk.costs[place]
        points = cost.parcel + cost.unit * units[place]
        yield f"{at.code}: {_counted(units[place])}, {points} points, priority {at.priority}"


def _counted(units: int) -> str:
    return "1 unit" if units == 1 else f"{units} units"
