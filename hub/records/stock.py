"""Where units are, how they move and to whom they are promised."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Instant, Record, Text, Word

Units = Annotated[int, Field(gt=0, le=10_000_000)]
"""A positive number of units that moved."""


class LocationKind(StrEnum):
    """What a place that keeps stock is."""

    WAREHOUSE = "warehouse"
    STORE = "store"
    THIRD_PARTY = "third_party"
    DROPSHIP = "dropship"
    RETURNS = "returns"
    VIRTUAL = "virtual"


class LocationState(StrEnum):
    """A draining location ships but is not replenished."""

    ACTIVE = "active"
    DRAINING = "draining"
    CLOSED = "closed"


class Location(Record):
    """A place that keeps stock; a lower priority number ships first."""

    id: Word
    code: Word
    title: Text
    kind: LocationKind = LocationKind.WAREHOUSE
    state: LocationState = LocationState.ACTIVE
    country: Text = ""
    priority: int = 100


class Bucket(StrEnum):
    """Why units that are in the building are not simply good (`domain/availability.py`)."""

    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"
    QUARANTINE = "quarantine"
    B_GRADE = "b_grade"
    HELD = "held"


class SellPolicy(StrEnum):
    """What happens when more is bought than there is."""

    DENY = "deny"
    BACKORDER = "backorder"
    """It may be sold up to a cap, and ships when more comes."""
    PREORDER = "preorder"
    """It may be sold up to a cap, and ships on a date."""


class MovementKind(StrEnum):
    """Why units moved from one account to another."""

    RECEIVE = "receive"
    SHIP = "ship"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    ADJUST = "adjust"
    COUNT = "count"
    BUCKET_CHANGE = "bucket_change"
    RETURN_RECEIVE = "return_receive"
    SCRAP = "scrap"
    ASSEMBLE = "assemble"
    DISASSEMBLE = "disassemble"


class StockLevel(Record):
    """Units of one stock item at one location."""

    stock_item_id: Word
    location_id: Word
    on_hand: int
    """All units in the building."""
    allocated: int
    unsellable: int = 0
    """Those of them in buckets that do not count for sale."""


class StockMovement(Record):
    """An immutable row of the physical ledger: units went from one account to another."""

    id: Word
    stock_item_id: Word
    quantity: Units
    from_account: Word
    to_account: Word
    kind: MovementKind
    command_id: Word
    """Minted by the caller: the same command never moves units twice."""
    reason: Text = ""
    reverses: Word | None = None
    """The movement that this one takes back."""
    at: Instant


class ReservationState(StrEnum):
    """The life of an unlocated promise."""

    ACTIVE = "active"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


class Reservation(Record):
    """Units of an order line promised, but not yet at a location."""

    id: Word
    order_line_id: Word
    stock_item_id: Word
    quantity: Units
    state: ReservationState
    expires_at: Instant | None = None
    """Only unpaid orders expire."""


class Allocation(Record):
    """Units of an order line promised at a location: allocated = open + released + shipped."""

    id: Word
    order_line_id: Word
    stock_item_id: Word
    location_id: Word
    allocated: int
    released: int = 0
    shipped: int = 0
