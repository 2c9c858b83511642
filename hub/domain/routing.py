"""Routing: where each line ships from, decided by named stages, explained by reasons.

A stage is a pure function that keeps, orders or turns down candidates. The policy lists stages by
name; plugins may add names. After the stages, lines are served from the first candidates that
have enough.
"""

from collections.abc import Callable, Mapping, Sequence

from hub.records.plan import (
    PlannedAllocation,
    Rejection,
    RoutingCandidate,
    RoutingLine,
    RoutingPlan,
)
from hub.records.policy import Policy

RULE_VERSION = "priority/1"

Kept = tuple[list[RoutingCandidate], list[Rejection]]
Lines = Sequence[RoutingLine]
Candidates = Sequence[RoutingCandidate]
Stage = Callable[[Lines, Candidates, str, Policy], Kept]
"""A pure function of lines, candidates, country of destination and policy."""


class UnknownStageError(ValueError):
    """The policy names a stage nobody brings."""


def location_is_open(lines: Lines, candidates: Candidates, country: str, policy: Policy) -> Kept:
    """Turn down closed locations."""
    kept = [place for place in candidates if place.state != "closed"]
    return kept, [
        Rejection(location=place.code, stage="location_is_open", reason="the location is closed")
        for place in candidates
        if place not in kept
    ]


def has_stock(lines: Lines, candidates: Candidates, country: str, policy: Policy) -> Kept:
    """Turn down locations that have none of what is ordered."""
    items = {line.stock_item_id for line in lines}
    kept = [p for p in candidates if any(p.available.get(item, 0) > 0 for item in items)]
    wanted = ", ".join(sorted({line.sku or line.stock_item_id for line in lines}))
    return kept, [
        Rejection(location=place.code, stage="has_stock", reason=f"has none of {wanted}")
        for place in candidates
        if place not in kept
    ]


def by_priority(lines: Lines, candidates: Candidates, country: str, policy: Policy) -> Kept:
    """Put whole-order locations first, then the lower priority number, then the code."""

    def rank(place: RoutingCandidate) -> tuple[bool, int, str]:
        return (not _has_all(place, lines), place.priority, place.code)

    return sorted(candidates, key=rank), []


STAGES: dict[str, Stage] = {
    stage.__name__: stage for stage in (location_is_open, has_stock, by_priority)
}


def route(
    lines: Lines, candidates: Candidates, country: str, policy: Policy,
    stages: Mapping[str, Stage] = STAGES,
) -> RoutingPlan:  # fmt: skip
    """Plan where the lines ship from; what no location has is `short`.

    `available` of a candidate counts units not yet allocated there. Raises `UnknownStageError`.
    """
    kept: list[RoutingCandidate] = list(candidates)
    rejected: list[Rejection] = []
    for name in policy.routing_stages:
        stage = stages.get(name)
        if stage is None:
            raise UnknownStageError(f"no plugin brings the routing stage {name!r}")
        kept, turned_down = stage(lines, kept, country, policy)
        rejected += turned_down
    allocations, short = _serve(lines, kept)
    return RoutingPlan(
        allocations=tuple(allocations), short=tuple(short), rejected=tuple(rejected),
        chosen=_sentences(allocations, kept), rule_version=RULE_VERSION,
    )  # fmt: skip


def _has_all(place: RoutingCandidate, lines: Lines) -> bool:
    needed: dict[str, int] = {}
    for line in lines:
        needed[line.stock_item_id] = needed.get(line.stock_item_id, 0) + line.quantity
    return all(place.available.get(item, 0) >= units for item, units in needed.items())


def _serve(
    lines: Lines, candidates: Candidates
) -> tuple[list[PlannedAllocation], list[RoutingLine]]:
    left = {place.location_id: dict(place.available) for place in candidates}
    allocations: list[PlannedAllocation] = []
    short: list[RoutingLine] = []
    for line in lines:
        missing = line.quantity
        for place in candidates:
            shelf = left[place.location_id]
            units = min(missing, max(shelf.get(line.stock_item_id, 0), 0))
            if units:
                shelf[line.stock_item_id] -= units
                missing -= units
                allocations.append(_allocation(line, place, units))
        if missing:
            short.append(line.model_copy(update={"quantity": missing}))
    return allocations, short


def _allocation(line: RoutingLine, place: RoutingCandidate, units: int) -> PlannedAllocation:
    return PlannedAllocation(
        order_line_id=line.order_line_id, stock_item_id=line.stock_item_id,
        location_id=place.location_id, quantity=units,
    )  # fmt: skip


def _sentences(allocations: Sequence[PlannedAllocation], candidates: Candidates) -> tuple[str, ...]:
    units: dict[str, int] = {}
    for allocation in allocations:
        units[allocation.location_id] = units.get(allocation.location_id, 0) + allocation.quantity
    return tuple(
        f"{place.code}: {_counted(units[place.location_id])}, priority {place.priority}"
        for place in candidates
        if place.location_id in units
    )


def _counted(units: int) -> str:
    return "1 unit" if units == 1 else f"{units} units"
