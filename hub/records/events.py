"""Facts in the past tense; what follows each is one table, `hub.services.reactions`."""

from enum import StrEnum

from hub.records.base import Instant, Record, Word


class EventKind(StrEnum):
    """Everything that happens in the hub that something may follow."""

    BOOKS_OPENED = "books_opened"
    """The first complete sync of a shop ended: its open orders are known."""
    WRITES_SWITCHED_ON = "writes_switched_on"
    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_SHIPPED_BY_CHANNEL = "order_shipped_by_channel"
    HOLD_RELEASED = "hold_released"
    REFUND_FOUND = "refund_found"
    """The shop shows a refund, ours or its own."""
    REFUND_GONE = "refund_gone"
    """A refund that the shop showed is there no longer."""
    REFUND_SETTLED = "refund_settled"
    """A refund that the hub asked for was made, or refused."""
    PAYMENT_VERIFIED = "payment_verified"
    STOCK_CHANGED = "stock_changed"
    LISTING_MAPPED = "listing_mapped"
    ORDER_ROUTED = "order_routed"
    LABEL_BOUGHT = "label_bought"
    PARCEL_HANDED_OVER = "parcel_handed_over"
    PARCEL_MOVED = "parcel_moved"


class Event(Record):
    """One fact: its kind, what it is about, and when. It carries ids only."""

    id: Word
    kind: EventKind
    subject_id: Word
    connection_id: Word | None = None
    at: Instant
