"""Reads the refunds of an order; the hub's key lies in a refund's meta data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from hub.sdk import MappingError
from hub_woocommerce import wire
from hub_woocommerce.client import Shop
from hub_woocommerce.home import ANYWHERE, Home
from hub_woocommerce.mapping import Minor, instant, minor_of
from hub_woocommerce.text import plain

KEY = "_commerce_hub_key"
_REFUNDED_LINE = "_refunded_item_id"


class _Tax(msgspec.Struct):
    id: int | None = None
    total: str | None = None


class Item(msgspec.Struct):
    """A line, shipping line or fee of an order; or its mirror in a refund, in negative numbers."""

    id: int
    quantity: int = 0
    total: str | None = None
    total_tax: str | None = None
    taxes: list[_Tax] = []
    meta_data: list[wire.Meta] = []


class _Whose(msgspec.Struct):
    order: int
    currency: str


class _Document(msgspec.Struct, kw_only=True):
    id: int
    line_items: list[Item] = []
    shipping_lines: list[Item] = []
    fee_lines: list[Item] = []

    @property
    def items(self) -> list[Item]:
        return [*self.line_items, *self.shipping_lines, *self.fee_lines]


class ShownRefund(_Document, kw_only=True):
    """A refund, told whose it is."""

    amount: str
    date_created_gmt: datetime
    reason: str | None = None
    meta_data: list[wire.Meta] = []
    links: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="_links")
    whose: _Whose = msgspec.field(name="_hub")


class RefundedOrder(_Document, kw_only=True):
    """What a refund has to know of its order."""

    currency: str
    total: str = "0"
    refunds: list[wire.Charge] = []


a_refund = wire.decoder(ShownRefund)
an_order = wire.decoder(RefundedOrder)


def read_refunds(shop: Shop, order_id: str) -> tuple[bytes, ...]:
    """Give every refund of an order; each is told its order and currency, which it does not say."""
    fields = {"_fields": "id,currency,refunds"}
    order, _ = wire.decode(an_order, shop.record(f"orders/{order_id}", fields))
    return _all(shop, order) if order.refunds else ()


def _all(shop: Shop, order: RefundedOrder) -> tuple[bytes, ...]:
    added = _Whose(order.id, order.currency)
    found = shop.all(f"orders/{order.id}/refunds", {})
    return tuple(wire.with_context(raw, added) for raw in found)


def to_refund(raw: bytes, home: Home = ANYWHERE) -> dict[str, Any]:
    """Translate one raw refund; raises `MappingError`, also for another shop's."""
    refund, _ = wire.decode(a_refund, raw)
    home.refuse_foreign(refund.links)
    minor = minor_of(refund.whose.currency)
    amount = abs(minor(refund.amount, "amount"))
    if not amount:
        raise MappingError("amount", "", "a refund of no money")
    return {
        "external_id": str(refund.id),
        "order_external_id": str(refund.whose.order),
        "amount_minor": amount,
        "currency": refund.whose.currency,
        "reason": plain(refund.reason),
        "refunded_at": instant(refund.date_created_gmt),
        "lines": tuple(filter(None, (_line(item, minor) for item in refund.items))),
        "key": meta_text(refund.meta_data, KEY),
    }


def _line(item: Item, minor: Minor) -> dict[str, Any] | None:
    """Translate a mirrored line; nothing where it does not say which line it mirrors."""
    line = meta_text(item.meta_data, _REFUNDED_LINE)
    if not line:
        return None
    tax = abs(minor(item.total_tax, "line_items.total_tax"))
    return {
        "line_external_id": line,
        "quantity": abs(item.quantity),
        "amount_minor": abs(minor(item.total, "line_items.total")) + tax,
        "tax_minor": tax,
    }


def meta_text(entries: Sequence[wire.Meta], key: str) -> str:
    """Give the text or number kept under a key; nothing where there is neither."""
    for entry in entries:
        if entry.key == key:
            value = msgspec.json.decode(entry.value)
            return str(value) if isinstance(value, str | int) else ""
    return ""
