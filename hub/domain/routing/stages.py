"""The stages of routing: each turns locations down, with a reason, or puts them in order."""

from collections.abc import Callable, Mapping, Sequence

from hub.records.plan import Rejection, RoutingCandidate, RoutingRequest
from hub.records.stock import LocationKind, LocationState

Candidates = Sequence[RoutingCandidate]
Kept = tuple[list[RoutingCandidate], list[Rejection]]
Stage = Callable[[RoutingRequest, Candidates], Kept]
"""A pure function of the request and the candidates: those kept, in order, and the rejections."""

Fault = Callable[[RoutingRequest, RoutingCandidate], str]
"""Gives the reason why a location may not serve this request; empty when it may."""


class UnknownStageError(ValueError):
    """The policy names a stage nobody brings."""


class BadStageError(ValueError):
    """A plugin's stage answered with a location it was not asked about, or with one twice."""


def _closed(request: RoutingRequest, place: RoutingCandidate) -> str:
    """A draining location ships: its stock is to go."""
    return "the location is closed" if place.state == LocationState.CLOSED else ""


_SHIP_NOTHING = (LocationKind.RETURNS, LocationKind.VIRTUAL)


def _ships_nothing(request: RoutingRequest, place: RoutingCandidate) -> str:
    return f"a {place.kind} location ships nothing" if place.kind in _SHIP_NOTHING else ""


def _not_wished(request: RoutingRequest, place: RoutingCandidate) -> str:
    elsewhere = request.location and request.location != place.code
    return f"the order is to ship from {request.location}" if elsewhere else ""


def _has_none(request: RoutingRequest, place: RoutingCandidate) -> str:
    if not request.lines or any(
        place.available.get(line.stock_item_id, 0) > 0 for line in request.lines
    ):
        return ""
    names = {line.stock_item_id: line.sku or line.stock_item_id for line in request.lines}
    reason = "has none of " + ", ".join(sorted(set(names.values())))
    doubted = sorted({names[item] for item in place.doubtful if item in names})
    return (
        f"{reason}; {', '.join(doubted)} was not found there and is to be counted"
        if doubted
        else reason
    )


def _serves_elsewhere(request: RoutingRequest, place: RoutingCandidate) -> str:
    served = request.policy.terms_of(place.code).countries
    if not served or request.country in served:
        return ""
    return f"does not serve {request.country or 'an unknown country'}"


def _is_full(request: RoutingRequest, place: RoutingCandidate) -> str:
    most = request.policy.terms_of(place.code).parcels_per_day
    if most is None or place.parcels_today < most:
        return ""
    return f"has its {most} parcels of the day"


def _too_late(request: RoutingRequest, place: RoutingCandidate) -> str:
    cut_off = request.policy.terms_of(place.code).cut_off
    return f"the day's last collection left at {cut_off}" if place.late else ""


def _filter(name: str, fault: Fault) -> Stage:
    """Make a stage of one question to each location."""

    def stage(request: RoutingRequest, candidates: Candidates) -> Kept:
        kept, rejected = [], []
        for place in candidates:
            if reason := fault(request, place):
                rejected.append(Rejection(location=place.code, stage=name, reason=reason))
            else:
                kept.append(place)
        return kept, rejected

    return stage


def by_priority(request: RoutingRequest, candidates: Candidates) -> Kept:
    """Put the lower priority number first, then the code: so equally cheap plans are told apart."""
    return sorted(candidates, key=lambda place: (place.priority, place.code)), []


def as_they_are(request: RoutingRequest, candidates: Candidates) -> Kept:
    """Keep all, in their order."""
    return list(candidates), []


ALWAYS: Mapping[str, Stage] = {
    name: _filter(name, fault)
    for name, fault in (
        ("location_is_open", _closed),
        ("location_ships", _ships_nothing),
        ("as_the_order_wishes", _not_wished),
        ("has_stock", _has_none),
    )
}
"""What no policy overrules, in this order, before the policy's own stages."""

NAMED: Mapping[str, Stage] = {
    "serves_country": _filter("serves_country", _serves_elsewhere),
    "has_capacity": _filter("has_capacity", _is_full),
    "before_cut_off": _filter("before_cut_off", _too_late),
    "by_priority": by_priority,
}
"""What a policy may list; plugins add to it."""

OF_TODAY = frozenset({"has_capacity", "before_cut_off"})
"""Stages that may answer otherwise tomorrow, although nothing happens until then."""


def narrowed(
    request: RoutingRequest, candidates: Candidates, named: Mapping[str, Stage]
) -> tuple[list[RoutingCandidate], list[Rejection]]:
    """Run all stages: who is left, in order of rank, and everyone who was turned down.

    The order in which candidates are given does not matter. Raises `UnknownStageError` and
    `BadStageError`.
    """
    kept = sorted(candidates, key=lambda place: (place.code, place.location_id))
    rejected: list[Rejection] = []
    stages = list(ALWAYS.items())
    for name in request.policy.stages:
        if name not in named:
            raise UnknownStageError(f"no plugin brings the routing stage {name!r}")
        stages.append((name, named[name]))
    for name, stage in stages:
        before = {place.location_id for place in kept}
        kept, turned_down = stage(request, kept)
        after = [place.location_id for place in kept]
        if len(set(after)) < len(after) or not before.issuperset(after):
            raise BadStageError(f"the stage {name!r} answers with locations it was not given")
        rejected += turned_down
    return kept, rejected
