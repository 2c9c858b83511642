"""What routing is asked, what it may choose from, and the plan it answers with its reasons."""

from hub.records.base import Quantity, Record, Text, Word
from hub.records.routing_policy import RoutingPolicy


class RoutingLine(Record):
    """Units of one order line that wait for a place to ship from."""

    order_line_id: Word
    stock_item_id: Word
    sku: Text
    quantity: Quantity


class RoutingRequest(Record):
    """All that routing knows of an order, and the policy it is routed under."""

    lines: tuple[RoutingLine, ...]
    country: Text = ""
    """Where it goes; empty when nobody knows."""
    location: Text = ""
    """The code of the one location it is to ship from by an order rule; empty for any."""
    policy: RoutingPolicy = RoutingPolicy()
    policy_version: int = 0
    """Version of the rulebook; 0 is built in."""


class RoutingCandidate(Record):
    """A location with what it could give, per stock item, and the facts of the moment."""

    location_id: Word
    code: Word
    state: Word
    kind: Word = "warehouse"
    country: Text = ""
    priority: int
    available: dict[Word, int]
    parcels_today: int = 0
    """Parcels it was given since its day began."""
    late: bool = False
    """Whether the day's last collection there is gone."""
    doubtful: tuple[Word, ...] = ()
    """Items that a picker did not find there: none of them counts until somebody has counted."""


class Rejection(Record):
    """A location that was not taken, by which stage, and why."""

    location: Word
    stage: Word
    reason: Text


class PlannedAllocation(Record):
    """Units of one line that ship from one location."""

    order_line_id: Word
    stock_item_id: Word
    location_id: Word
    quantity: Quantity


class RoutingCost(Record):
    """What a parcel, and each unit in it, costs from a location, in points."""

    location: Word
    parcel: int
    unit: int
    terms: dict[Word, int]
    """What the parcel's points are made of, by the name of the term."""


class RoutingProof(Record):
    """Why no other set of locations is cheaper."""

    locations: int
    """Locations that have something of the order and may ship it."""
    sets: int
    """Sets of locations that were looked at."""
    bound: int
    """No set that was not looked at costs less than this many points."""
    complete: bool
    """False when there were too many sets: then the plan is the best one found."""


class RoutingPlan(Record):
    """Which line ships from where, what is short, and every location that was turned down."""

    allocations: tuple[PlannedAllocation, ...]
    short: tuple[RoutingLine, ...]
    """Units that stay where they are: nobody has them, or the order waits to ship together."""
    missing: tuple[Text, ...] = ()
    """One sentence for each item of which there is not enough."""
    rejected: tuple[Rejection, ...]
    chosen: tuple[Text, ...]
    """One sentence for each location taken."""
    costs: tuple[RoutingCost, ...] = ()
    cost: int = 0
    """Points of the whole plan."""
    proof: RoutingProof | None = None
    """Absent in plans of rule versions that searched nothing."""
    rule_version: Word
