"""A plugin that brings a stage and a cost to routing."""

from collections.abc import Sequence

from hub.sdk import Rejection, RoutingCandidate, RoutingRequest, RoutingRule
from hub.sdk.hooks import hookimpl


def no_east(
    request: RoutingRequest, places: Sequence[RoutingCandidate]
) -> tuple[list[RoutingCandidate], list[Rejection]]:
    """Turn down what lies in the east."""
    east = [one for one in places if one.code == "EAST"]
    told = [Rejection(location=one.code, stage="no_east", reason="the sun rises") for one in east]
    return [one for one in places if one not in east], told


def low_ceiling(request: RoutingRequest, place: RoutingCandidate) -> int:
    """Make parcels from MAIN dearer."""
    return 5000 if place.code == "MAIN" else 0


@hookimpl
def hub_routing_rules() -> list[RoutingRule]:
    """Give both."""
    return [RoutingRule("no_east", no_east), RoutingRule("low_ceiling", cost=low_ceiling)]
