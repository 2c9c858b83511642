"""The records of buying: suppliers, proposals, purchase orders, what is announced and received."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from hub.records.base import Instant, Quantity, Record, Text, Word
from hub.records.money import Currency
from hub.records.stock import Bucket, Units

UnitPrice = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,8})?$")]
"""Exact decimal text: suppliers print 0.0375."""

Days = Annotated[int, Field(ge=0, le=3650)]
"""A whole number of days."""


class SupplierState(StrEnum):
    """Whether anything is bought there."""

    ACTIVE = "active"
    ON_HOLD = "on_hold"
    """Nothing new is proposed; what was ordered still comes."""
    INACTIVE = "inactive"


class Supplier(Record):
    """Who sells to the merchant."""

    id: Word
    code: Word
    """Short and unique: ACME."""
    title: Text
    state: SupplierState = SupplierState.ACTIVE
    currency: Currency
    lead_days: Days = 14
    """Stated time from sending an order to its arrival, where an item states none."""
    order_cost: UnitPrice = "0"
    """What one order costs beside its goods: freight, handling."""


class PriceBreak(Record):
    """From so many units in one order, each costs so much."""

    units: Units
    price: UnitPrice


class SupplierItem(Record):
    """What a supplier asks for one variant."""

    id: Word
    supplier_id: Word
    variant_id: Word
    supplier_sku: Text = ""
    currency: Currency
    moq: Units = 1
    """The least that is sold in one order."""
    pack: Units = 1
    """Only whole multiples of it are sold."""
    prices: Annotated[tuple[PriceBreak, ...], Field(min_length=1, max_length=50)]
    """Rising in units, falling in price; the first holds below its units too."""
    lead_days: Days | None = None
    primary: bool = False
    """Bought here whatever others ask."""

    @model_validator(mode="after")
    def _breaks_rise(self) -> Self:
        units = [one.units for one in self.prices]
        prices = [Decimal(one.price) for one in self.prices]
        if units != sorted(set(units)) or prices != sorted(prices, reverse=True):
            raise ValueError("price breaks rise in units and never rise in price")
        return self


class Performance(Record):
    """What was learned of a supplier's deliveries of one item; absent numbers are unknown."""

    deliveries: int
    lead_mean: float | None = None
    lead_deviation: float | None = None
    fill_rate: float | None = None
    """Good units received of those ordered, over orders that are over."""


class ProposalState(StrEnum):
    """The life of a proposal; only one of a variant at a location is open at a time."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ORDERED = "ordered"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class ReplenishmentProposal(Record):
    """Units of one variant that should be bought for one location, and from whom."""

    id: Word
    variant_id: Word
    location_id: Word
    supplier_id: Word
    state: ProposalState
    quantity: Units
    planned_quantity: Units
    """What the rule said; differs from the quantity where a person has edited it."""
    unit_price: UnitPrice
    currency: Currency
    rule: Word
    policy_version: int
    created_at: Instant
    reason: Text = ""
    """Why it was dismissed."""
    until: Instant | None = None
    """Dismissed: nothing is proposed here before."""


class PurchaseState(StrEnum):
    """Where a purchase order stands; derived from its facts and the counters of its lines."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CLOSED = "closed"
    ON_HOLD = "on_hold"
    CANCELLED = "cancelled"
    LOST = "lost"


class PurchaseLine(Record):
    """Units of one variant in a purchase order, and where they are by now."""

    id: Word
    variant_id: Word
    sku: Word
    supplier_sku: Text = ""
    title: Text = ""
    unit_price: UnitPrice
    ordered: Units
    acknowledged: Quantity = 0
    announced: Quantity = 0
    received_good: Quantity = 0
    received_damaged: Quantity = 0
    cancelled: Quantity = 0
    invoiced: Quantity = 0
    over: Quantity = 0
    """Received beyond what was ordered; each has its exception."""


class PurchaseOrder(Record):
    """What is bought from one supplier for one location."""

    id: Word
    number: Word
    """PO-1001."""
    supplier_id: Word
    location_id: Word
    currency: Currency
    state: PurchaseState
    lines: tuple[PurchaseLine, ...]
    created_at: Instant
    approved_at: Instant | None = None
    sent_at: Instant | None = None
    acknowledged_at: Instant | None = None
    expected_at: Instant | None = None
    closed_at: Instant | None = None


class InboundState(StrEnum):
    """Where an announced delivery stands."""

    EXPECTED = "expected"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    RECEIVING = "receiving"
    RECEIVED = "received"
    SHORT_CLOSED = "short_closed"
    REFUSED = "refused"
    LOST = "lost"


class InboundLine(Record):
    """Units of a purchase line in an announced delivery."""

    purchase_line_id: Word
    announced: Units
    received: Quantity = 0


class InboundShipment(Record):
    """A delivery that a supplier announced: what comes, and when."""

    id: Word
    purchase_order_id: Word
    reference: Word
    """The supplier's delivery note, or a tracking number."""
    state: InboundState
    expected_at: Instant
    lines: tuple[InboundLine, ...]


class ReceivedPart(Record):
    """Units of one purchase line that came into one bucket; good ones have none."""

    purchase_line_id: Word
    quantity: Units
    bucket: Bucket | None = None
    note: Text = ""


class ReceiptPart(ReceivedPart):
    """A received part with what a unit cost: it cannot be found out later."""

    unit_cost: UnitPrice
    currency: Currency


class Receipt(Record):
    """An immutable fact: what came, once per command."""

    id: Word
    command_id: Word
    purchase_order_id: Word
    location_id: Word
    parts: Annotated[tuple[ReceiptPart, ...], Field(min_length=1)]
    received_by: Text = ""
    received_at: Instant
