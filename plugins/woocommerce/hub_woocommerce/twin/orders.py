"""An order in the shop: made, changed, moved from status to status, with all that follows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin import lines, stock
from hub_woocommerce.twin.notes import add_note
from hub_woocommerce.twin.pricing import apply_coupon, rates_for, recalculate, taxes_on
from hub_woocommerce.twin.shop import WOOCOMMERCE, Shop, merge_meta
from hub_woocommerce.twin.wire import BASE, Refusal, link, link_self

STATUS_NAMES = {
    "pending": "Pending payment",
    "processing": "Processing",
    "on-hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
}
TAKES_STOCK = ("processing", "on-hold", "completed")
RETURNS_STOCK = ("cancelled", "pending")
PLAIN = (
    "customer_id", "payment_method", "payment_method_title", "transaction_id", "customer_note",
    "currency", "parent_id", "created_via",
)  # fmt: skip
ADDRESS = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode",
    "country",
)  # fmt: skip


def new_order(shop: Shop, given: Mapping[str, Any]) -> Document:
    """Make an order as a request or a customer wants it, and take it through its first status."""
    order = _blank(shop)
    _check_customer(shop, given)
    _apply_plain(shop, order, given)
    _add_lines(shop, order, given)
    _use_coupons(shop, order, given)
    recalculate(shop, order)
    keep(shop, order, created=True)
    if given.get("set_paid"):
        pay(shop, order)
    change_status(shop, order, given.get("status", order["status"]))
    keep(shop, order)
    return order


def _blank(shop: Shop) -> Document:
    id = shop.next_post()
    empty = dict.fromkeys(ADDRESS, "")
    order: Document = {
        "id": id, "parent_id": 0, "status": "pending", "currency": shop.currency,
        "version": WOOCOMMERCE, "prices_include_tax": False, "date_created": "",
        "date_modified": "", "discount_total": "0.00", "discount_tax": "0.00",
        "shipping_total": "0.00", "shipping_tax": "0.00", "cart_tax": "0.00", "total": "0.00",
        "total_tax": "0.00", "customer_id": 0, "order_key": f"wc_order_twin{id:09d}",
        "billing": empty | {"email": "", "phone": ""}, "shipping": empty | {"phone": ""},
        "payment_method": "", "payment_method_title": "", "transaction_id": "",
        "customer_ip_address": "", "customer_user_agent": "", "created_via": "rest-api",
        "customer_note": "", "date_completed": None, "date_paid": None, "cart_hash": "",
        "number": str(id), "meta_data": [], "line_items": [], "tax_lines": [],
        "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": [],
        "payment_url": "", "is_editable": True, "needs_payment": False,
        "needs_processing": False, "date_created_gmt": "", "date_modified_gmt": "",
        "date_completed_gmt": None, "date_paid_gmt": None, "currency_symbol": "",
    }  # fmt: skip
    key = order["order_key"]
    order["payment_url"] = f"{BASE}/checkout/order-pay/{id}/?pay_for_order=true&key={key}"
    order["_links"] = {
        "self": link_self(f"orders/{id}"),
        "collection": link("orders"),
        "email_templates": [{"embeddable": True} | link(f"orders/{id}/actions/email_templates")[0]],
    }
    shop.stamp(order, "date_created")
    return order


def _check_customer(shop: Shop, given: Mapping[str, Any]) -> None:
    id = int(given.get("customer_id") or 0)
    if id and shop.state.get("customer", id) is None:
        raise Refusal("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.", 400)


def _apply_plain(shop: Shop, order: Document, given: Mapping[str, Any]) -> None:
    order |= {name: given[name] for name in PLAIN if given.get(name) is not None}
    for name in ("billing", "shipping"):
        order[name] |= {k: v for k, v in (given.get(name) or {}).items() if k in order[name]}
    order["meta_data"] = merge_meta(shop, order["meta_data"], given.get("meta_data", []))
    order["currency_symbol"] = {"USD": "$", "EUR": "€", "GBP": "£"}.get(order["currency"], "")
    if order["customer_id"]:
        order["_links"]["customer"] = link(f"customers/{order['customer_id']}")


def _add_lines(shop: Shop, order: Document, given: Mapping[str, Any]) -> None:
    order["line_items"] += [lines.product_line(shop, g) for g in given.get("line_items", [])]
    order["shipping_lines"] += [
        lines.shipping_line(shop, g) for g in given.get("shipping_lines", [])
    ]
    order["fee_lines"] += [lines.fee_line(shop, g) for g in given.get("fee_lines", [])]


def _use_coupons(shop: Shop, order: Document, given: Mapping[str, Any]) -> None:
    known = {coupon["code"]: coupon for coupon in shop.state.all("coupon")}
    for wanted in given.get("coupon_lines", []):
        code = str(wanted.get("code", "")).lower()
        if code not in known:
            _leave_draft(shop, order, code)
        discounts = apply_coupon(order, known[code])
        rates = rates_for(shop, order)
        tax = sum((tax for off in discounts for _, tax in taxes_on(off, rates)), Decimal(0))
        line = lines.coupon_line(shop, known[code], sum(discounts, Decimal(0)), tax)
        order["coupon_lines"].append(line)


def _leave_draft(shop: Shop, order: Document, code: str) -> None:
    """Refuse a coupon the way the shop does: the half-made order stays behind as a draft."""
    order["status"] = "checkout-draft"
    recalculate(shop, order)
    keep(shop, order, created=True)
    raise Refusal(
        "woocommerce_rest_invalid_coupon",
        f"Coupon &quot;{code}&quot; cannot be applied because it does not exist.",
        400,
        {"new_draft_order_id": order["id"]},
    )


def update_order(shop: Shop, order: Document, given: Mapping[str, Any]) -> None:
    """Apply a PUT: lines with an id change, lines without one are appended."""
    _check_customer(shop, given)
    _apply_plain(shop, order, given)
    changed = [g for g in given.get("line_items", []) if g.get("id")]
    for wanted in changed:
        line = next((line for line in order["line_items"] if line["id"] == wanted["id"]), None)
        if line is None:
            message = "Order item ID provided is not associated with order."
            raise Refusal("woocommerce_rest_invalid_item_id", message, 400)
        if wanted.get("quantity") == 0 or wanted.get("product_id", 0) is None:
            order["line_items"].remove(line)
        else:
            lines.change_product_line(shop, line, wanted)
    added = {
        name: [g for g in given.get(name, []) if not g.get("id")]
        for name in ("line_items", "shipping_lines", "fee_lines")
    }
    _add_lines(shop, order, added)
    if changed or any(added.values()) or "shipping" in given or "billing" in given:
        recalculate(shop, order)
    if given.get("set_paid") and not order["date_paid"]:
        pay(shop, order)
    change_status(shop, order, given.get("status", order["status"]))
    keep(shop, order)


def pay(shop: Shop, order: Document) -> None:
    """Mark as paid; the order moves on to processing, or to completed if nothing is to be sent."""
    shop.stamp(order, "date_paid")
    _derive(shop, order)
    change_status(shop, order, "processing" if order["needs_processing"] else "completed")


def change_status(shop: Shop, order: Document, status: str) -> None:
    """Move to a status, with its dates, its stock and its notes."""
    before = order["status"]
    if status == before:
        return
    order["status"] = status
    names = STATUS_NAMES.get(before, before), STATUS_NAMES.get(status, status)
    if status in TAKES_STOCK:
        _note_stock(shop, order, "Stock levels reduced", stock.reduce_for(shop, order))
    if status in RETURNS_STOCK:
        _note_stock(shop, order, "Stock levels increased", stock.restore_for(shop, order))
    if status in ("processing", "completed") and not order["date_paid"]:
        shop.stamp(order, "date_paid")
    if status == "completed":
        shop.stamp(order, "date_completed")
    add_note(shop, order["id"], f"Order status changed from {names[0]} to {names[1]}.")
    shop.state.effect("order_status", order["id"], status, before=before)


def _note_stock(shop: Shop, order: Document, title: str, said: list[str]) -> None:
    if said:
        add_note(shop, order["id"], f"{title}: {', '.join(said)}")


def keep(shop: Shop, order: Document, *, created: bool = False) -> None:
    """Save the order, move its date, tell the subscribers, leave a witness."""
    _derive(shop, order)
    shop.stamp(order, "date_modified")
    shop.state.put("order", order["id"], order)
    if created:
        shop.notify("order.created", order["id"])
        shop.state.effect("order_created", order["id"], order["number"], status=order["status"])
    else:
        shop.notify("order.updated", order["id"])
        shop.state.effect("order_updated", order["id"], order["number"], status=order["status"])


def _derive(shop: Shop, order: Document) -> None:
    status = order["status"]
    order["is_editable"] = status in ("pending", "on-hold", "auto-draft")
    unpaid = status in ("pending", "failed", "checkout-draft")
    order["needs_payment"] = unpaid and Decimal(order["total"]) > 0
    products = (stock.find(shop, stock.line_product(line)) for line in order["line_items"])
    order["needs_processing"] = any(found and not found[1]["virtual"] for found in products)


def trash(shop: Shop, order: Document) -> None:
    """Put an order into the bin; subscribers hear `deleted`."""
    order["status"] = "trash"
    shop.stamp(order, "date_modified")
    shop.state.put("order", order["id"], order)
    shop.state.effect("order_trashed", order["id"])
    shop.notify("order.deleted", order["id"])


def erase(shop: Shop, order: Document) -> None:
    """Delete an order for good."""
    shop.state.remove("order", order["id"])
    shop.state.effect("order_deleted", order["id"])
    shop.notify("order.deleted", order["id"])
