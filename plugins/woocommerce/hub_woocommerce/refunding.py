"""Makes a refund, an effect, and finds it again by the key in its meta data."""

from typing import Any

import msgspec

from hub.sdk import Accepted, RefundLine, RefundRequest, RejectedError, from_minor
from hub_woocommerce import wire
from hub_woocommerce.client import Shop, nothing_sent_yet
from hub_woocommerce.mapping import Minor, minor_of
from hub_woocommerce.refunds import (
    KEY,
    Item,
    RefundedOrder,
    ShownRefund,
    a_refund,
    an_order,
    meta_text,
    read_refunds,
)
from hub_woocommerce.text import plain

_FIELDS = {"_fields": "id,currency,total,refunds,line_items,shipping_lines,fee_lines"}


class _Created(msgspec.Struct):
    id: int


def refund_order(shop: Shop, request: RefundRequest, key: str) -> Accepted:
    """Refund an order. The shop asks its payment gateway only where `pays_back` says so.

    The amount is compared with what is left before anything is sent: the shop's own refusal is a
    sentence in its language under a code that also stands for refunds that broke off half-way.
    It does not restock: what becomes of the goods is for whoever receives them to say.
    """
    path = f"orders/{request.order_external_id}"
    with nothing_sent_yet():
        order, _ = wire.decode(an_order, shop.record(path, _FIELDS))
        left = _left(order)
        if request.amount_minor > left:  # which an earlier try of ours may have brought about
            if made := find_refund(shop, request, key):
                return made
            shown = from_minor(left, order.currency)
            raise RejectedError(f"only {shown} {order.currency} of the order are left", "amount")
        body = _body(order, request, key)
    created = shop.create(f"{path}/refunds", body, {"_fields": "id"}).decode(_Created)
    return Accepted(str(created.id))


def _left(order: RefundedOrder) -> int:
    minor = minor_of(order.currency)
    return minor(order.total, "total") - sum(
        abs(minor(part.total, "refunds.total")) for part in order.refunds
    )


def _body(order: RefundedOrder, request: RefundRequest, key: str) -> dict[str, Any]:
    if order.currency != request.currency:
        raise RejectedError(f"the order is in {order.currency}, not {request.currency}", "currency")
    items = {str(item.id): item for item in order.items}
    return {
        "amount": from_minor(request.amount_minor, request.currency),
        "reason": request.reason,
        "api_refund": request.pays_back,
        "api_restock": False,
        "line_items": [_wanted(items, line, request.currency) for line in request.lines],
        "meta_data": [{"key": KEY, "value": key}],
    }


def _wanted(items: dict[str, Item], line: RefundLine, currency: str) -> dict[str, Any]:
    item = items.get(line.line_external_id)
    if item is None:
        raise RejectedError(f"the order has no line {line.line_external_id}", "line")
    return {
        "id": item.id,
        "quantity": line.quantity,
        "refund_total": from_minor(line.amount_minor - line.tax_minor, currency),
        "refund_tax": [
            {"id": rate, "refund_total": from_minor(part, currency)}
            for rate, part in _tax_parts(item, line, minor_of(currency))
        ],
    }


def _tax_parts(item: Item, line: RefundLine, minor: Minor) -> list[tuple[int, int]]:
    """Divide a line's tax among its rates as the line bears them; the last takes the rest."""
    borne = [(tax.id, abs(minor(tax.total, "taxes.total"))) for tax in item.taxes if tax.id]
    whole, left = sum(part for _, part in borne), line.tax_minor
    if not left:
        return []
    if not whole:
        raise RejectedError(f"line {line.line_external_id} of the order bears no tax", "tax")
    parts = []
    for rate, part in borne[:-1]:
        share = line.tax_minor * part // whole
        parts.append((rate, share))
        left -= share
    return [*parts, (borne[-1][0], left)]


def find_refund(shop: Shop, request: RefundRequest, key: str) -> Accepted | None:
    """Look for the refund that carries the key.

    WooCommerce stores a refund first and its meta data after it, so a request that broke off in
    between leaves one without a key. Raises `RejectedError` when one looks like that: whether it
    is ours only a person can say.
    """
    raws = read_refunds(shop, request.order_external_id)
    refunds = [wire.decode(a_refund, raw)[0] for raw in raws]
    keyless = []
    for refund in refunds:
        match meta_text(refund.meta_data, KEY):
            case "":
                keyless.append(refund)
            case found if found == key:
                return Accepted(str(refund.id))
    for refund in keyless:
        if _alike(refund, request):
            raise RejectedError(
                f"refund {refund.id} has the same amount and reason, but not our key: it may be "
                "ours, cut off before the key was stored, or somebody else's",
                "ambiguous",
            )
    return None


def _alike(refund: ShownRefund, request: RefundRequest) -> bool:
    amount = abs(minor_of(refund.whose.currency)(refund.amount, "amount"))
    return amount == request.amount_minor and plain(refund.reason) == plain(request.reason)
