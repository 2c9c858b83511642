"""The records of service: tickets with their messages, and what went wrong in operations."""

from enum import StrEnum

from hub.records.base import Instant, Record, Text, Word


class TicketState(StrEnum):
    """Where a ticket stands; each waiting state names who is waited for."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_THIRD_PARTY = "waiting_third_party"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    SPAM = "spam"


class Priority(StrEnum):
    """How urgent it is, least first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Link(StrEnum):
    """What a ticket may be about."""

    ORDER = "order"
    PARCEL = "parcel"
    RETURN = "return"
    TICKET = "ticket"
    """An older ticket that this one goes on with."""


class TicketLink(Record):
    """One thing a ticket is about."""

    kind: Link
    subject_id: Word


class Ticket(Record):
    """A matter that somebody must be answered on, or that a person must look after."""

    id: Word
    number: int
    state: TicketState
    priority: Priority
    assignee: Text = ""
    opened_at: Instant
    snoozed_until: Instant | None = None
    merged_into: Word | None = None
    links: tuple[TicketLink, ...] = ()


class Direction(StrEnum):
    """Which way a message went; a note goes nowhere."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class Delivery(StrEnum):
    """What became of a message that goes out."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"


class Severity(StrEnum):
    """How bad an operational exception is; it decides the priority of its ticket."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class ExceptionKind(StrEnum):
    """Every kind of thing that goes wrong in operations and that a person must look after.

    Only what no other place shows: a held order is shown as held, a dead job as dead.
    """

    PARCEL_LOST = "parcel_lost"
    PARCEL_DAMAGED = "parcel_damaged"
    PARCEL_RETURNING = "parcel_returning"
    DELIVERY_FAILED = "delivery_failed"
    PARCEL_SILENT = "parcel_silent"
    """Its carrier was asked for weeks, and never told that it arrived."""
    SLA_BREACHED = "sla_breached"
    MESSAGE_BOUNCED = "message_bounced"
    ORDER_NOTICE = "order_notice"
    """A rule of the merchant's wants somebody to know of an order."""
    CANCELLED_TOO_LATE = "cancelled_too_late"
    """The shop cancelled an order of which units had left."""
    EDIT_DECLINED = "edit_declined"
    """The shop changed an order, and what left or leaves is not that."""
    PICK_SHORT = "pick_short"
    """Units were not where they should be: somebody must count."""
    RETURN_SHORT = "return_short"
    RETURN_WRONG_ITEM = "return_wrong_item"
    RETURN_DAMAGED = "return_damaged"
    RETURN_LOST = "return_lost"
    RETURN_UNEXPECTED = "return_unexpected"
    RETURN_REFUND_BLOCKED = "return_refund_blocked"
    TRANSFER_SHORT = "transfer_short"
    """Units left one location and did not arrive at the other."""
    STOCK_NEGATIVE = "stock_negative"
    """More units left than the books had: somebody must count."""
    SUPPLY_LATE = "supply_late"
    SUPPLY_OVER = "supply_over"
    """More came than was ordered: it is booked, and somebody must agree with the supplier."""
    SUPPLY_DAMAGED = "supply_damaged"
    """Goods came damaged: somebody must claim them."""


class ExceptionState(StrEnum):
    """The life of an operational exception."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IGNORED = "ignored"
    """A person wants to hear no more of it until it is repaired and happens again."""
    RESOLVED = "resolved"
    AUTO_RESOLVED = "auto_resolved"


class OperationalException(Record):
    """Something that went wrong with one subject; the same again is counted, not told again."""

    id: Word
    kind: ExceptionKind
    subject_id: Word
    order_id: Word | None = None
    ticket_id: Word | None = None
    severity: Severity
    state: ExceptionState
    sentence: Text
    """What happened, in words that name no person."""
    times: int
    opened_at: Instant
    closed_at: Instant | None = None
