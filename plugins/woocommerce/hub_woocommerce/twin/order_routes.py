"""`/orders`: list, read, create, change, delete."""

from __future__ import annotations

from collections import Counter

from hub.testing.twins import Document
from hub_woocommerce.twin.checks import ORDER_BODY, ORDER_LIST, check, check_query
from hub_woocommerce.twin.listing import Row, page, select
from hub_woocommerce.twin.orders import STATUS_NAMES, erase, new_order, trash, update_order
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import Answer, Call, Refusal


def _order(shop: Shop, id: int, status: int = 404) -> Document:
    order = shop.state.get("order", id)
    if order is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", status)
    return order


def list_orders(shop: Shop, call: Call) -> Answer:
    """`any` means all but the bin, and so includes checkout drafts."""
    check_query(call, ORDER_LIST)
    statuses = call.many("status") or ["any"]
    customer = call.one("customer")
    rows = [
        row
        for row in shop.state.scan("order", Row)
        if (row.status in statuses or ("any" in statuses and row.status != "trash"))
        and (customer is None or str(row.customer_id) == customer)
    ]
    return page(
        call,
        select(shop, call, rows),
        lambda row: shop.state.get("order", row.id),
        added={f"status[{at}]": status for at, status in enumerate(statuses)},
        added_if_any={"dp": "2", "context": "view"},
        forgets_total=True,
    )


def read_order(shop: Shop, call: Call) -> Answer:
    return Answer(body=_order(shop, call.numbers[0]))


def create_order(shop: Shop, call: Call) -> Answer:
    if call.given.get("id"):
        message = "Cannot create existing shop_order."
        raise Refusal("woocommerce_rest_shop_order_exists", message, 400)
    check(call.given, ORDER_BODY)
    order = new_order(shop, call.given)
    place = f"{call.base}/wp-json/wc/v3/orders/{order['id']}"
    return Answer(body=order, status=201, headers={"Location": place})


def change_order(shop: Shop, call: Call) -> Answer:
    check(call.given, ORDER_BODY)
    order = _order(shop, call.numbers[0], 400)
    update_order(shop, order, call.given)
    return Answer(body=order)


def delete_order(shop: Shop, call: Call) -> Answer:
    """Answer with the order as it was before; without force it goes to the bin."""
    order = _order(shop, call.numbers[0])
    before = dict(order)
    if call.yes("force") or call.given.get("force"):
        erase(shop, order)
    elif order["status"] == "trash":
        message = "The shop_order has already been deleted."
        raise Refusal("woocommerce_rest_already_trashed", message, 410)
    else:
        trash(shop, order)
    return Answer(body=before)


def order_totals(shop: Shop, _call: Call) -> Answer:
    counts = Counter(row.status for row in shop.state.scan("order", Row))
    return Answer(
        body=[
            {"slug": slug, "name": name, "total": counts[slug]}
            for slug, name in STATUS_NAMES.items()
        ]
    )
