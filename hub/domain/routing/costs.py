"""What a parcel from a location costs, in points, term by term."""

from collections.abc import Callable, Mapping

from hub.records.plan import RoutingCandidate, RoutingCost, RoutingRequest

Term = Callable[[RoutingRequest, RoutingCandidate], int]
"""Gives the points that a parcel of this order from this location costs; never below nothing."""


class BadTermError(ValueError):
    """A plugin's term costs less than nothing."""


def _parcel(request: RoutingRequest, place: RoutingCandidate) -> int:
    return request.policy.parcel


def _location(request: RoutingRequest, place: RoutingCandidate) -> int:
    return request.policy.terms_of(place.code).parcel


def _lane(request: RoutingRequest, place: RoutingCandidate) -> int:
    return request.policy.terms_of(place.code).to.get(request.country, 0)


def _abroad(request: RoutingRequest, place: RoutingCandidate) -> int:
    known = place.country and request.country
    return request.policy.abroad if known and place.country != request.country else 0


def _late(request: RoutingRequest, place: RoutingCandidate) -> int:
    return request.policy.late if place.late else 0


TERMS: Mapping[str, Term] = {
    "parcel": _parcel, "location": _location, "lane": _lane, "abroad": _abroad, "late": _late,
}  # fmt: skip
"""Always counted; most of them cost nothing until the policy says so."""


def cost_of(
    request: RoutingRequest, place: RoutingCandidate, brought: Mapping[str, Term]
) -> RoutingCost:
    """Add up a location's terms, and those that plugins bring. Raises `BadTermError`."""
    points = {name: term(request, place) for name, term in {**TERMS, **brought}.items()}
    for name, value in points.items():
        if value < 0:
            raise BadTermError(f"the term {name!r} costs {value} points: less than nothing")
    return RoutingCost(
        location=place.code, parcel=sum(points.values()),
        unit=request.policy.terms_of(place.code).unit,
        terms={name: value for name, value in points.items() if value},
    )  # fmt: skip
