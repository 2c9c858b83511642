"""Refunds of an order: recorded by the shop, refused with a 500, deleted without a word."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from hub.testing.twins import Document
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.listing import page
from hub_woocommerce.twin.notes import add_note
from hub_woocommerce.twin.orders import change_status, keep
from hub_woocommerce.twin.pricing import text, total_of
from hub_woocommerce.twin.shop import Shop, merge_meta
from hub_woocommerce.twin.wire import Answer, Call, Refusal, link, link_self

LISTS = ("line_items", "shipping_lines", "fee_lines")


def _order(shop: Shop, id: int) -> Document:
    order = shop.state.get("order", id)
    if order is None:
        raise Refusal("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
    return order


def _refund(shop: Shop, call: Call) -> Document:
    refund = shop.state.get("refund", call.numbers[1])
    if refund is None or refund["parent_id"] != call.numbers[0]:
        raise Refusal("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", 404)
    return refund


def render(refund: Document) -> Document:
    return {name: value for name, value in refund.items() if name != "parent_id"}


def _of_order(shop: Shop, id: int) -> list[Document]:
    found = [refund for refund in shop.state.all("refund") if refund["parent_id"] == id]
    return sorted(found, key=lambda refund: (refund["date_created_gmt"], refund["id"]))


def list_refunds(shop: Shop, call: Call) -> Answer:
    _order(shop, call.numbers[0])
    return page(call, _of_order(shop, call.numbers[0])[::-1], render, added_if_any={"dp": "2"})


def list_all_refunds(shop: Shop, call: Call) -> Answer:
    found = sorted(shop.state.all("refund"), key=lambda r: (r["date_created_gmt"], r["id"]))
    return page(call, found[::-1], _with_parent, added_if_any={"dp": "2"})


def _with_parent(refund: Document) -> Document:
    first = {"id": refund["id"], "parent_id": refund["parent_id"]}
    return first | {name: value for name, value in refund.items() if name not in first}


def read_refund(shop: Shop, call: Call) -> Answer:
    return Answer(body=render(_refund(shop, call)))


def create_refund(shop: Shop, call: Call) -> Answer:
    order = _order(shop, call.numbers[0])
    refund = refund_order(shop, order, call.given)
    place = f"{call.base}{call.path}/{refund['id']}"
    return Answer(body=render(refund), status=201, headers={"Location": place})


def refund_order(shop: Shop, order: Document, given: Document) -> Document:
    """Refund an amount, or the sum of the lines given; raises the shop's permanent 500s."""
    wanted = given.get("line_items") or []
    amount = _amount(given, wanted)
    if amount < 0:
        message = "Refund amount must be greater than zero."
        raise Refusal("woocommerce_rest_invalid_order_refund", message, 400)
    left = Decimal(order["total"]) + total_of(order["refunds"], "total")
    if amount > left:
        raise _cannot("Invalid refund amount.")
    paid_back = given.get("api_refund", True)
    if paid_back and order["payment_method"] not in _paying(shop):
        message = "The payment gateway for this order does not support automatic refunds."
        raise _cannot(message)
    refund = _record(shop, order, given, amount, full=amount == left)
    refund["refunded_payment"] = bool(paid_back)
    for name in LISTS:
        refund[name] = _mirrored(shop, order[name], wanted)
    refund["meta_data"] = merge_meta(shop, refund["meta_data"], given.get("meta_data", []))
    if given.get("api_restock", True):
        _restock(shop, order, wanted)
    shop.state.put("refund", refund["id"], refund)
    order["refunds"].insert(
        0, {"id": refund["id"], "reason": refund["reason"], "total": text(-amount)}
    )
    shop.state.effect(
        "refund_created", order["id"], refund["reason"], amount=text(amount), refund=refund["id"],
        key=_key(refund), paid_back=refund["refunded_payment"],
    )  # fmt: skip
    if amount == left:
        change_status(shop, order, "refunded")
    keep(shop, order)
    return refund


def _cannot(message: str) -> Refusal:
    return Refusal("woocommerce_rest_cannot_create_order_refund", message, 500, 500)


def _amount(given: Document, wanted: list[Document]) -> Decimal:
    """The amount given wins over the lines."""
    try:
        if given.get("amount") is not None:
            return Decimal(str(given["amount"]))
    except InvalidOperation as error:
        raise _cannot("Invalid refund amount.") from error
    lines = [Decimal(str(each.get("refund_total", "0"))) for each in wanted]
    taxes = [
        Decimal(str(tax["refund_total"])) for each in wanted for tax in each.get("refund_tax", [])
    ]
    return sum(lines + taxes, Decimal(0))


def _record(
    shop: Shop, order: Document, given: Document, amount: Decimal, *, full: bool
) -> Document:
    refund: Document = {"id": shop.next_post(), "parent_id": order["id"]}
    shop.stamp(refund, "date_created")
    path = f"orders/{order['id']}"
    kind = {"id": shop.next_meta(), "key": "_refund_type", "value": "full" if full else "partial"}
    return refund | {
        "amount": text(amount),
        "reason": given.get("reason", ""),
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [kind],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
        "_links": {
            "self": link_self(f"{path}/refunds/{refund['id']}", "GET, DELETE"),
            "collection": link(f"{path}/refunds"),
            "up": link(path),
        },
    }


def _paying(shop: Shop) -> list[str]:
    """The payment methods whose gateway pays back when asked; the recorded shop had none."""
    return shop.state.options.get("paying_gateways", "").split(",")


def _key(refund: Document) -> str:
    """What a caller left in the meta data to find its refund by."""
    kept = [meta["value"] for meta in refund["meta_data"] if meta["key"] != "_refund_type"]
    return str(kept[0]) if kept else ""


def _mirrored(shop: Shop, lines: list[Document], wanted: list[Document]) -> list[Document]:
    """Mirror the lines that are named; one the order does not have is passed over in silence."""
    known = {line["id"]: line for line in lines}
    return [_mirror(shop, known[w["id"]], w) for w in wanted if w.get("id") in known]


def _mirror(shop: Shop, line: Document, wanted: Document) -> Document:
    """Return the mirrored line: negative, and naming the line it refunds."""
    total = text(-Decimal(str(wanted.get("refund_total", "0"))))
    taxes = [
        {"id": tax["id"], "total": value, "subtotal": value}
        for tax in wanted.get("refund_tax", [])
        for value in [text(-Decimal(str(tax["refund_total"])))]
    ]
    tax = text(total_of(taxes, "total"))
    link_back = stock.item_meta(shop, "_refunded_item_id", str(line["id"]))
    mirror: Document = {
        "quantity": -int(wanted.get("quantity", 0)),
        "subtotal": total, "subtotal_tax": tax, "total": total, "total_tax": tax,
    }  # fmt: skip
    negative = {name: value for name, value in mirror.items() if name in line}
    return line | negative | {
        "id": shop.next_item(), "taxes": taxes, "meta_data": [link_back],
    }  # fmt: skip


def _restock(shop: Shop, order: Document, wanted: list[Document]) -> None:
    lines = {line["id"]: line for line in order["line_items"]}
    for each in (each for each in wanted if each.get("id") in lines):
        line = lines[each["id"]]
        units = min(int(each.get("quantity", 0)), stock.taken(line))
        moved = stock.move(shop, stock.line_product(line), units) if units else None
        if moved:
            stock.set_taken(shop, line, stock.taken(line) - units)
            line["meta_data"].append(stock.item_meta(shop, "_restock_refunded_items", str(units)))
            id = stock.line_product(line)
            said = f"Item #{id} stock increased from {moved[0]} to {moved[1]}."
            add_note(shop, order["id"], said)


def delete_refund(shop: Shop, call: Call) -> Answer:
    """Nobody is told, and the order's date stays: the reason to read refunds again now and then."""
    refund = _refund(shop, call)
    if not (call.yes("force") or call.given.get("force")):
        message = "Refunds do not support trashing."
        raise Refusal("woocommerce_rest_trash_not_supported", message, 501)
    order = _order(shop, refund["parent_id"])
    order["refunds"] = [r for r in order["refunds"] if r["id"] != refund["id"]]
    shop.state.put("order", order["id"], order)
    shop.state.remove("refund", refund["id"])
    shop.state.effect(
        "refund_deleted", order["id"], refund["reason"], amount=refund["amount"],
        refund=refund["id"],
    )  # fmt: skip
    if shop.state.options.get("tells_of_deleted_refunds", "0") != "0":  # since WooCommerce 11.2
        shop.notify("order.updated", order["id"])
    return Answer(body=render(refund))
