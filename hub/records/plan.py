"""What rules answer: plans with the reasons that led to them."""

from hub.records.base import Quantity, Record, Text, Word


class RoutingLine(Record):
    """Units of one order line that wait for a place to ship from."""

    order_line_id: Word
    stock_item_id: Word
    sku: Text
    quantity: Quantity


class RoutingCandidate(Record):
    """A location with what it could give, per stock item."""

    location_id: Word
    code: Word
    state: Word
    country: Text = ""
    priority: int
    available: dict[Word, int]


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


class RoutingPlan(Record):
    """Which line ships from where, what is short, and every location that was turned down."""

    allocations: tuple[PlannedAllocation, ...]
    short: tuple[RoutingLine, ...]
    rejected: tuple[Rejection, ...]
    chosen: tuple[Text, ...]
    """One sentence for each location taken."""
    rule_version: Word
