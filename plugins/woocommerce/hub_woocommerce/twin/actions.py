"""What happens in the shop without the API: customers buy, staff edit, keys are revoked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from hub.testing.twins import Action, ActionError, Document, TwinState
from hub_woocommerce.twin import products, stock
from hub_woocommerce.twin.orders import change_status, keep, new_order, trash, update_order
from hub_woocommerce.twin.refunds import refund_order
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import Refusal

Given = Mapping[str, Any]
BUYER: Document = {
    "first_name": "Ada", "last_name": "Muster", "company": "", "address_1": "12 Harbor Road",
    "address_2": "", "city": "Albany", "state": "NY", "postcode": "12207", "country": "US",
    "phone": "5185550123",
}  # fmt: skip
ODDITIES: dict[str, Callable[[Document], None]] = {
    "currency": lambda order: order.update(currency="QQQ"),
    "status": lambda order: order.update(status="awaiting-moonrise"),
    "quantity": lambda order: order["line_items"][0].update(quantity=10**15),
    "fraction": lambda order: order["line_items"][0].update(quantity=1.5),
    "nul": lambda order: order["billing"].update(first_name="A\x00da"),
    "nan": lambda order: order.update(total="NaN"),
    "date": lambda order: order.update(date_created_gmt="yesterday"),
    "lines": lambda order: order.update(line_items=None),
}


def _acting(work: Callable[[Shop, Given], Any]) -> Action:
    def action(state: TwinState, given: Given) -> Any:
        try:
            return work(Shop(state), given)
        except Refusal as refusal:
            raise ActionError(f"{refusal.code}: {refusal.message}") from refusal

    return action


def _by_sku(shop: Shop, sku: str) -> tuple[str, Document]:
    found = stock.find_by_sku(shop, sku)
    if found is None:
        raise ActionError(f"no product with SKU {sku}")
    return found


def _order(shop: Shop, given: Given) -> Document:
    order = shop.state.get("order", given["order_id"])
    if order is None:
        raise ActionError(f"no order {given['order_id']}")
    return order


# -- orders ---------------------------------------------------------------------------------------


def place_order(shop: Shop, given: Given) -> Document:
    """A customer buys.

    lines          [{"sku": …, "quantity": …}]
    status         processing by default; paid says whether it is paid (by default, as the status)
    shipping       address fields that differ from the sample buyer's; billing likewise
    """
    lines = [_line(shop, each) for each in given["lines"]]
    return new_order(shop, _purchase(given) | {"line_items": lines})


def _line(shop: Shop, wanted: Document) -> Document:
    kind, found = _by_sku(shop, wanted["sku"])
    key = "variation_id" if kind == "variation" else "product_id"
    return {key: found["id"], "quantity": wanted.get("quantity", 1)}


def _purchase(given: Given) -> Document:
    status = given.get("status", "processing")
    paid = given.get("paid", status in ("processing", "completed"))
    method = given.get("payment_method", "stripe")
    titles = {"stripe": "Credit card", "bacs": "Direct bank transfer", "cod": "Cash on delivery"}
    shipping = BUYER | dict(given.get("shipping", {}))
    billing = shipping | {"email": "ada@example.test"} | dict(given.get("billing", {}))
    return {
        "status": status,
        "set_paid": paid,
        "payment_method": method,
        "payment_method_title": titles.get(method, method),
        "transaction_id": given.get(
            "transaction_id", f"pi_{secrets.token_hex(8)}" if paid and method == "stripe" else ""
        ),
        "billing": billing,
        "shipping": shipping,
        "customer_id": given.get("customer_id", 0),
        "customer_note": given.get("customer_note", ""),
        "created_via": "checkout",
        "shipping_lines": given.get(
            "shipping_lines",
            [{"method_id": "flat_rate", "method_title": "Flat rate", "total": "4.90"}],
        ),
        "fee_lines": given.get("fee_lines", []),
        "coupon_lines": given.get("coupon_lines", []),
        "meta_data": given.get("meta_data", []),
    }


def place_order_with_unknown_sku(shop: Shop, given: Given) -> Document:
    """A customer buys what no product list shows: a line with a SKU and a product unknown there."""
    order = new_order(shop, _purchase(given) | {"line_items": given.get("line_items", [])})
    quantity = given.get("quantity", 1)
    unit = given.get("price", "10.00")
    update_order(shop, order, {"line_items": [{"quantity": quantity, "subtotal": unit}]})
    line = order["line_items"][-1]
    sku = given.get("sku", "UNLISTED-1")
    line |= {"name": f"Unlisted {sku}", "sku": sku, "product_id": shop.next_post()}
    keep(shop, order)
    return order


def edit_order(shop: Shop, given: Given) -> Document:
    """Staff change an order: any field a PUT takes, or `quantities` by SKU (0 removes)."""
    order = _order(shop, given)
    fields = {k: v for k, v in given.items() if k not in ("order_id", "quantities")}
    by_sku = {line["sku"]: line["id"] for line in order["line_items"]}
    wanted = [
        {"id": by_sku[sku], "quantity": quantity}
        if sku in by_sku
        else _line(shop, {"sku": sku, "quantity": quantity})
        for sku, quantity in given.get("quantities", {}).items()
    ]
    update_order(shop, order, fields | ({"line_items": wanted} if wanted else {}))
    return order


def _to_status(status: str) -> Callable[[Shop, Given], Document]:
    def work(shop: Shop, given: Given) -> Document:
        order = _order(shop, given)
        change_status(shop, order, status)
        keep(shop, order)
        return order

    return work


def trash_order(shop: Shop, given: Given) -> Document:
    """Staff put an order into the bin."""
    order = _order(shop, given)
    trash(shop, order)
    return order


def refund(shop: Shop, given: Given) -> Document:
    """Staff refund by hand; fields as in the API, the gateway left out."""
    fields = {"api_refund": False} | {k: v for k, v in given.items() if k != "order_id"}
    return refund_order(shop, _order(shop, given), fields)


def corrupt_order(shop: Shop, given: Given) -> Document:
    """A plugin breaks an order's data: `what` is one of the oddities."""
    order = _order(shop, given)
    if given["what"] not in ODDITIES:
        raise ActionError(f"what must be one of {', '.join(ODDITIES)}")
    ODDITIES[given["what"]](order)
    shop.stamp(order, "date_modified")
    shop.state.put("order", order["id"], order)
    shop.state.effect("order_corrupted", order["id"], given["what"])
    shop.notify("order.updated", order["id"])
    return order


# -- products -------------------------------------------------------------------------------------


def sell(shop: Shop, given: Given) -> Document:
    """Units leave over the counter: stock falls, no order is made."""
    _, found = _by_sku(shop, given["sku"])
    if stock.move(shop, found["id"], -int(given.get("quantity", 1))) is None:
        raise ActionError(f"the stock of {given['sku']} is not counted")
    return _by_sku(shop, given["sku"])[1]


def set_stock(shop: Shop, given: Given) -> Document:
    """Staff correct a stock."""
    kind, found = _by_sku(shop, given["sku"])
    return products.change(shop, kind, found, {"stock_quantity": given["quantity"]})


def delete_product(shop: Shop, given: Given) -> Document:
    """Staff delete a product; `force` false only bins it."""
    kind, found = _by_sku(shop, given["sku"])
    return products.delete(shop, kind, found, force=given.get("force", True))


def _keys(revoked: bool) -> Callable[[Shop, Given], Document]:
    def work(shop: Shop, _given: Given) -> Document:
        shop.state.keep("keys_revoked", revoked)
        return {"revoked": revoked}

    return work


ACTIONS: dict[str, Action] = {
    "place_order": _acting(place_order),
    "place_order_with_unknown_sku": _acting(place_order_with_unknown_sku),
    "edit_order": _acting(edit_order),
    "cancel_order": _acting(_to_status("cancelled")),
    "complete_order": _acting(_to_status("completed")),
    "trash_order": _acting(trash_order),
    "refund_order": _acting(refund),
    "corrupt_order": _acting(corrupt_order),
    "sell": _acting(sell),
    "set_stock": _acting(set_stock),
    "delete_product": _acting(delete_product),
    "revoke_keys": _acting(_keys(True)),
    "restore_keys": _acting(_keys(False)),
}
