"""What the shop's answers mean, in the hub's words. Pure: no network, no clock."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from msgspec import Meta, MsgspecError, Struct, json

from hub.sdk import (
    Account,
    ChannelState,
    ListingState,
    MappingError,
    MoneyError,
    ObservedStock,
    PaymentTerms,
    StockAnswer,
    Tracking,
    to_minor,
)
from hub.sdk.payload import clean_text

T = TypeVar("T")
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]

STATES: Mapping[str, ChannelState] = {
    "pending": ChannelState.OPEN,
    "paid": ChannelState.OPEN,
    "sent": ChannelState.FINISHED,
    "cancelled": ChannelState.CANCELLED,
}
"""Any other status is `ChannelState.UNKNOWN`: the order lands, and waits for a person."""


class AccountAnswer(Struct):
    """`GET /account`."""

    id: str
    name: str
    currency: str


class Line(Struct):
    """A line of an order; amounts are decimal text."""

    id: str
    product: str
    sku: str
    title: str
    quantity: Count
    price: str
    total: str


class Address(Struct):
    """Where an order goes."""

    name: str
    street: str
    city: str
    postcode: str
    country: str
    email: str = ""


class Order(Struct):
    """An order as the shop prints it."""

    id: str
    number: str
    status: str
    created: Instant
    changed: Instant
    paid: Instant | None
    currency: str
    shipping: str
    total: str
    lines: list[Line]
    address: Address


class Product(Struct):
    """A product as the shop prints it."""

    id: str
    sku: str
    title: str
    price: str
    currency: str
    quantity: int | None
    active: bool
    changed: Instant


class StockItem(Struct):
    """The quantity of one product, or why it was not set."""

    id: str
    quantity: int | None = None
    error: str | None = None


class StockItems(Struct):
    """`GET /stock` and `PUT /stock`."""

    items: list[StockItem]


def to_account(answer: AccountAnswer) -> Account:
    """Translate who we are."""
    return Account(id=answer.id, title=answer.name, currency=answer.currency)


def to_order(raw: bytes) -> dict[str, Any]:
    """Translate one raw order; raises `MappingError` for what cannot be understood."""
    order = _read(raw, Order)
    return {
        "external_id": order.id,
        "number": order.number,
        "state": STATES.get(order.status, ChannelState.UNKNOWN),
        "channel_status": order.status,
        "placed_at": order.created,
        "updated_at": order.changed,
        "paid_at": order.paid,
        "payment_terms": PaymentTerms.ONLINE,
        "currency": order.currency,
        "shipping_minor": _minor(order.shipping, order.currency, "shipping"),
        "total_minor": _minor(order.total, order.currency, "total"),
        "lines": tuple(_line(line, order) for line in order.lines),
        "ship_to": _party(order.address),
    }


def to_listing(raw: bytes) -> dict[str, Any]:
    """Translate one raw product; raises `MappingError` for what cannot be understood."""
    product = _read(raw, Product)
    return {
        "external_id": product.id,
        "sku": product.sku,
        "title": product.title,
        "state": ListingState.LIVE if product.active else ListingState.PAUSED,
        "price_minor": _minor(product.price, product.currency, "price"),
        "currency": product.currency,
        "tracking": Tracking.NOT_TRACKED if product.quantity is None else Tracking.COUNTED,
        "quantity": product.quantity,
        "updated_at": product.changed,
    }


def to_observed(stock: StockItems) -> tuple[ObservedStock, ...]:
    """Translate the quantities the shop shows."""
    return tuple(ObservedStock(external_id=one.id, quantity=one.quantity) for one in stock.items)


def to_answers(stock: StockItems) -> tuple[StockAnswer, ...]:
    """Translate what became of each quantity that was set."""
    return tuple(StockAnswer(one.id, one.quantity, one.error) for one in stock.items)


def _line(line: Line, order: Order) -> dict[str, Any]:
    total = _minor(line.total, order.currency, f"lines[{line.id}].total")
    _minor(line.price, order.currency, f"lines[{line.id}].price")
    return {
        "external_id": line.id,
        "listing_external_id": line.product,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": format(Decimal(line.price), "f"),
        "subtotal_minor": total,
        "total_minor": total,
        "fulfilled": line.quantity if order.status == "sent" else 0,
    }


def _party(address: Address) -> dict[str, Any]:
    return {
        "name": address.name,
        "street": (address.street,),
        "city": address.city,
        "postal_code": address.postcode,
        "country": address.country,
        "email": address.email,
    }


def _read(raw: bytes, shape: type[T]) -> T:
    try:
        return json.decode(clean_text(raw), type=shape)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MappingError(shape.__name__.lower(), "", str(error)) from None


def _minor(text: str, currency: str, path: str) -> int:
    try:
        return to_minor(text, currency)
    except MoneyError as error:
        raise MappingError(path, text, str(error)) from None
