"""Goods that come back: what was asked, what came, what became of it, and what is given for it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Instant, Quantity, Record, Text, Word


class ReturnReason(StrEnum):
    """Why the customer sends it back; the first four are the merchant's fault."""

    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    ARRIVED_LATE = "arrived_late"
    DOES_NOT_FIT = "does_not_fit"
    CHANGED_MIND = "changed_mind"
    UNDELIVERED = "undelivered"
    OTHER = "other"


class Condition(StrEnum):
    """What the customer says of the goods before anybody has seen them."""

    UNKNOWN = "unknown"
    UNOPENED = "unopened"
    OPENED = "opened"
    USED = "used"
    BROKEN = "broken"


class Grade(StrEnum):
    """What whoever looked at a returned unit found: A as new, D of no use."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Disposition(StrEnum):
    """What becomes of a returned unit."""

    RESTOCK = "restock"
    RESTOCK_B_GRADE = "restock_b_grade"
    QUARANTINE = "quarantine"
    REPAIR = "repair"
    RETURN_TO_VENDOR = "return_to_vendor"
    SCRAP = "scrap"
    RETURN_TO_CUSTOMER = "return_to_customer"
    CUSTOMER_KEEPS = "customer_keeps"
    """It was never sent back, and need not be."""


class Reception(StrEnum):
    """How what arrived differs from what was expected."""

    AS_EXPECTED = "as_expected"
    DAMAGED_IN_TRANSIT = "damaged_in_transit"
    WRONG_ITEM = "wrong_item"
    """Something else lay in the parcel instead."""
    UNEXPECTED = "unexpected"
    """Nobody had announced it."""
    SHORT = "short"
    LOST = "lost"


class Resolution(StrEnum):
    """What the customer gets for it."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    STORE_CREDIT = "store_credit"
    REPAIR = "repair"
    REJECT = "reject"


class ReturnState(StrEnum):
    """Where a return stands; derived from its facts (`hub.domain.returns`)."""

    ORPHAN = "orphan"
    """No order is known for it: neither money nor good stock moves before it is matched."""
    REQUESTED = "requested"
    APPROVED = "approved"
    LABEL_ISSUED = "label_issued"
    IN_TRANSIT = "in_transit"
    RECEIVING = "receiving"
    INSPECTED = "inspected"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Custody(StrEnum):
    """Where the goods of a line are."""

    ADVISED = "advised"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    GRADED = "graded"
    DISPOSED = "disposed"
    NOT_RETURNED = "not_returned"


class MoneyState(StrEnum):
    """Where the money of a line is; says nothing of the goods."""

    NOT_REFUNDABLE = "not_refundable"
    PENDING = "pending"
    TRIGGERED = "triggered"
    REFUNDED = "refunded"
    DENIED = "denied"


class ReturnAxis(StrEnum):
    """How much of an order came back."""

    NONE = "none"
    OPEN = "open"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"


class ReturnLine(Record):
    """Units of one order line that come back, with their counters."""

    id: Word
    order_line_id: Word | None = None
    """None while nobody knows what they belong to."""
    sku: Text = ""
    title: Text
    reason: ReturnReason
    condition: Condition = Condition.UNKNOWN
    resolution: Resolution
    asked: Quantity
    authorised: Quantity = 0
    unexpected: Quantity = 0
    """Units that came and that nobody had authorised."""
    received: Quantity = 0
    missing: Quantity = 0
    """Units that will not come: short, lost, or kept by the customer."""
    graded: Quantity = 0
    disposed: Quantity = 0
    custody: Custody = Custody.ADVISED
    money: MoneyState = MoneyState.PENDING


class Return(Record):
    """Goods on their way back under one number."""

    id: Word
    number: Word
    """What the customer writes on the parcel: RMA-1001."""
    order_id: Word | None = None
    state: ReturnState
    requested_at: Instant
    expires_at: Instant | None = None
    """An approval that nobody used until then is over."""
    lines: tuple[ReturnLine, ...]


class ChannelReturnLine(Record):
    """Units of an order line that a channel's customer wants to send back."""

    line_external_id: Word
    quantity: Annotated[int, Field(gt=0, le=1_000_000)]
    reason: ReturnReason = ReturnReason.OTHER
    note: Text = ""


class ChannelReturn(Record):
    """A return as a channel that has returns shows it."""

    external_id: Word
    order_external_id: Word
    requested_at: Instant
    open: bool
    """Whether the channel still waits for an answer."""
    lines: tuple[ChannelReturnLine, ...]


class ReturnAnswer(Record):
    """What a channel, and through it the customer, is told of a return."""

    order_external_id: Word
    return_external_id: Text = ""
    """The channel's own id of the return; empty where the hub began it."""
    number: Word
    approved: bool
    text: Text
    """What the customer reads."""
