"""A WooCommerce order, translated to the hub's order. Pure: no network, no clock."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from hub.sdk import ChannelState, MappingError, MoneyError, PaymentTerms, exponent, to_minor
from hub_woocommerce import wire
from hub_woocommerce.home import ANYWHERE, Home
from hub_woocommerce.text import plain

STATES: Mapping[str, ChannelState] = {
    "pending": ChannelState.OPEN,
    "on-hold": ChannelState.OPEN,
    "processing": ChannelState.OPEN,
    "completed": ChannelState.FINISHED,
    "refunded": ChannelState.FINISHED,
    "cancelled": ChannelState.CANCELLED,
    "failed": ChannelState.CANCELLED,
    "trash": ChannelState.CANCELLED,
    "checkout-draft": ChannelState.DRAFT,
    "auto-draft": ChannelState.DRAFT,
}

TERMS: Mapping[str, PaymentTerms] = {
    "": PaymentTerms.NONE,
    "bacs": PaymentTerms.BANK_TRANSFER,
    "cheque": PaymentTerms.BANK_TRANSFER,
    "cod": PaymentTerms.CASH_ON_DELIVERY,
}


def _terms(status: str | None, method: str) -> PaymentTerms:
    """A pending order's checkout is not over: cash on delivery is agreed once it is processing."""
    terms = TERMS.get(method, PaymentTerms.ONLINE)
    unfinished = status == "pending" and terms == PaymentTerms.CASH_ON_DELIVERY
    return PaymentTerms.ONLINE if unfinished else terms


MOST_UNITS = 1_000_000
"""More of one thing on one line is a fault, not an order."""

_LARGEST_POWER = 15
_PLAIN_DIGITS = 15
_order = wire.decoder(wire.Order)
Minor = Callable[[str | None, str], int]


def to_order(
    raw: bytes, open_statuses: Collection[str] = (), home: Home = ANYWHERE
) -> dict[str, Any]:
    """Translate one raw order; statuses of the shop's own listed in `open_statuses` count as open.

    Raises `MappingError` for what cannot be understood, or belongs to another shop than `home`.
    """
    order, modified, cleaned = _read(raw, home)
    minor = minor_of(order.currency)
    method = order.payment_method or ""
    return {
        "external_id": str(order.id),
        "number": str(order.number or order.id),
        "state": _state(order.status, open_statuses),
        "channel_status": order.status,
        "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "placed_at": instant(order.date_created_gmt or modified),
        "updated_at": instant(modified),
        "lines": _lines(order, minor),
        "shipping_minor": minor(order.shipping_total, "shipping_total"),
        "shipping_method": ", ".join(plain(line.method_title) for line in order.shipping_lines),
        "fees_minor": sum(minor(line.total, "fee_lines.total") for line in order.fee_lines),
        "discount_minor": minor(order.discount_total, "discount_total"),
        "tax_minor": minor(order.total_tax, "total_tax"),
        "total_minor": minor(order.total or "missing", "total"),
        "refunded_minor": sum(abs(minor(part.total, "refunds.total")) for part in order.refunds),
        "refund_ids": tuple(str(part.id) for part in order.refunds if part.id is not None),
        "payment_terms": _terms(order.status, method),
        "payment_method": method,
        "payment_reference": order.transaction_id or "",
        "paid_at": order.date_paid_gmt and instant(order.date_paid_gmt),
        "bill_to": _party(order.billing),
        "ship_to": _party(order.shipping),
        "note": plain(order.customer_note),
        "extra": {"cleaned": "characters that cannot be stored were replaced"} if cleaned else {},
    }


def _read(raw: bytes, home: Home) -> tuple[wire.Order, datetime, bool]:
    """Decode an order of this shop; gives when it was changed, and whether text was replaced."""
    order, cleaned = wire.decode(_order, raw)
    home.refuse_foreign(order.links)
    modified = order.date_modified_gmt or order.date_created_gmt
    if modified is None or not order.status:
        raise MappingError("status" if modified else "date_modified_gmt", "", "missing")
    return order, modified, cleaned


def instant(moment: datetime) -> datetime:
    """Read a `*_gmt` date: WooCommerce prints UTC without a zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _state(status: str, open_statuses: Collection[str]) -> ChannelState:
    if status in open_statuses:
        return ChannelState.OPEN
    return STATES.get(status, ChannelState.UNKNOWN)


def _lines(order: wire.Order, minor: Minor) -> tuple[dict[str, Any], ...]:
    # A refund does not say whether the parcel had left. The shop keeps the date of completion when
    # a completed order is refunded, and an order refunded before that never had one.
    shipped = order.status == "completed" or (
        order.status == "refunded" and order.date_completed_gmt is not None
    )
    refunded = order.status == "refunded"
    return tuple(_line(line, minor, shipped, refunded) for line in order.line_items)


def _line(line: wire.Line, minor: Minor, shipped: bool, refunded: bool) -> dict[str, Any]:
    quantity, listing = line.quantity, line.variation_id or line.product_id
    if not 0 <= quantity <= MOST_UNITS:
        raise MappingError(f"line_items[{line.id}].quantity", quantity, "no quantity one can order")
    restocked = min(_count(line, "_restock_refunded_items"), quantity)
    total = minor(line.total, "line_items.total")
    return {
        "external_id": str(line.id),
        "listing_external_id": str(listing) if listing else None,
        "sku": line.sku or "",
        "title": plain(line.name),
        "quantity": quantity,
        "unit_price": _unit_price(line),
        "subtotal_minor": minor(line.subtotal, "line_items.subtotal") if line.subtotal else total,
        "total_minor": total,
        "tax_minor": minor(line.total_tax, "line_items.total_tax"),
        # Units refunded and put back on the shelf are not with the customer.
        "fulfilled": quantity - restocked if shipped else 0,
        # The shop lowers this number again when it restocks.
        "stock_taken": min(_count(line, "_reduced_stock"), MOST_UNITS),
        # Of other refunds the order's body has totals only.
        "refunded": quantity if refunded else restocked,
    }


def _count(line: wire.Line, key: str) -> int:
    for meta in line.meta_data:
        if meta.key == key:
            text = bytes(meta.value).strip(b'"').decode()
            if not text.isdecimal():
                raise MappingError(f"line_items[{line.id}].{key}", text, "not a count of units")
            return int(text)
    return 0


def _unit_price(line: wire.Line) -> str:
    price = line.price
    if price is None:
        price = decimal(line.total, "line_items.total") / (line.quantity or 1)
    if not price.is_finite() or abs(price.adjusted()) > 2 * _LARGEST_POWER:
        raise MappingError(f"line_items[{line.id}].price", "", "not a price")
    return format(price, "f")


@lru_cache(maxsize=64)
def minor_of(currency: str) -> Minor:
    """Make the function that turns this currency's decimal text into minor units."""
    try:
        digits = exponent(currency)
    except MoneyError as error:
        raise MappingError("currency", currency, str(error)) from None
    point = -digits - 1

    def minor(text: str | None, path: str) -> int:
        if not text:
            return 0
        # Nearly every amount is printed with exactly the currency's digits; the rest is rounded
        # where all money is.
        if digits and text[point:-digits] == ".":
            bare = text[:point] + text[-digits:]
            if len(bare) <= _PLAIN_DIGITS and bare.isascii() and bare.isdigit():
                return int(bare)
        return to_minor(decimal(text, path), currency)

    return minor


def decimal(text: str, path: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise MappingError(path, text, "not an amount") from None
    if not amount.is_finite() or amount.adjusted() >= _LARGEST_POWER:
        raise MappingError(path, text, "not an amount")
    return amount


def _party(given: wire.Address | None) -> dict[str, Any] | None:
    if given is None:
        return None
    party = {
        "name": plain(f"{given.first_name or ''} {given.last_name or ''}".strip()),
        "company": plain(given.company),
        "street": tuple(plain(line) for line in (given.address_1, given.address_2) if line),
        "city": plain(given.city),
        "region": given.state or "",
        "postal_code": given.postcode or "",
        "country": given.country or "",
        "email": given.email or "",
        "phone": given.phone or "",
    }
    return party if any(party.values()) else None
