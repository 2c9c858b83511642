"""An order as its channel tells it, and the words for where it stands in the hub."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.records.address import Party
from hub.records.base import Instant, Minor, Quantity, Record, Text, Word
from hub.records.money import Currency


class ChannelState(StrEnum):
    """What the channel considers the order to be."""

    DRAFT = "draft"
    OPEN = "open"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """A status nobody mapped: the order lands and waits under a hold."""


class PaymentTerms(StrEnum):
    """How the customer is to pay; decides what verification waits for."""

    ONLINE = "online"
    BANK_TRANSFER = "bank_transfer"
    CASH_ON_DELIVERY = "cash_on_delivery"
    NONE = "none"
    """The channel names no method."""


class OrderLine(Record):
    """One line; amounts are minor units of the order's currency, without tax."""

    external_id: Word
    listing_external_id: Word | None = None
    sku: Text = ""
    title: Text
    quantity: Quantity
    unit_price: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
    """Exact decimal text: real shops carry 27.926666."""
    subtotal_minor: Minor
    """Before discounts."""
    total_minor: Minor
    """After discounts."""
    tax_minor: Minor = 0
    fulfilled: Quantity = 0
    """Units the channel itself says it has shipped."""
    stock_taken: Quantity = 0
    """Units by which the channel has already lowered its own stock for this line."""
    refunded: Quantity = 0


class Presentment(Record):
    """What the customer saw, when the shop settles in another currency."""

    currency: Currency
    total_minor: Minor
    rate: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    """Shop currency per unit of presentment currency at the time of the order, as decimal text."""


def _ids_differ(lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    ids = [line.external_id for line in lines]
    if len(set(ids)) < len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise ValueError(f"two lines have the id {twice}")
    return lines


class Order(Record):
    """An order in the channel's own words; totals are minor units of `currency`."""

    external_id: Word
    number: Word
    state: ChannelState
    channel_status: Word
    """The channel's status verbatim."""
    currency: Currency
    prices_include_tax: bool = False
    placed_at: Instant
    updated_at: Instant
    lines: Annotated[tuple[OrderLine, ...], Field(max_length=1000), AfterValidator(_ids_differ)]
    shipping_minor: Minor = 0
    shipping_method: Text = ""
    fees_minor: Minor = 0
    discount_minor: Minor = 0
    """Informative: line totals are already net of it."""
    tax_minor: Minor = 0
    total_minor: Minor
    refunded_minor: Minor = 0
    refund_ids: tuple[Word, ...] = ()
    """The refunds that the order names; they are read only when these change."""
    presentment: Presentment | None = None
    payment_terms: PaymentTerms
    payment_method: Text = ""
    payment_reference: Text = ""
    paid_at: Instant | None = None
    bill_to: Party | None = None
    ship_to: Party | None = None
    note: Text = ""
    extra: dict[str, Text] = {}


class HoldReason(StrEnum):
    """Why an order may not be shipped yet."""

    IMPORTED = "imported"
    PAYMENT = "payment"
    ADDRESS = "address"
    STATUS = "status"
    CHANNEL_REQUEST = "channel_request"
    STOCK = "stock"
    CUSTOMER_REQUEST = "customer_request"
    MANUAL = "manual"
    FRAUD = "fraud"
    POLICY = "policy"
    REFUND = "refund"
    """Something was given back, and nobody knows what still is to be shipped."""
    RETURN_ITEMS_AWAITED = "return_items_awaited"
    """It is sent in exchange for goods that are not back yet."""
    CHANGED = "changed"
    """Order or address changed after its parcel was labelled."""


class Phase(StrEnum):
    """One word for operators; the first that applies (see `hub.domain.lifecycle`)."""

    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    MAPPING_NEEDED = "mapping_needed"
    ON_HOLD = "on_hold"
    AWAITING_PAYMENT = "awaiting_payment"
    EDIT_PENDING = "edit_pending"
    AWAITING_STOCK = "awaiting_stock"
    TO_ROUTE = "to_route"
    READY = "ready"
    IN_WAREHOUSE = "in_warehouse"
    PARTIALLY_SHIPPED = "partially_shipped"
    IN_TRANSIT = "in_transit"
    DELIVERY_EXCEPTION = "delivery_exception"
    DELIVERED = "delivered"
    CLOSED = "closed"
    DRAFT = "draft"


class CancelRequest(Record):
    """An order whose shop is asked to cancel it."""

    order_external_id: Word
    reason: Text = ""
