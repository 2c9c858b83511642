"""Order notes: what the shop writes to itself and to the customer; they never move the order."""

from __future__ import annotations

from hub.testing.twins import Document
from hub_woocommerce.twin.checks import NOTE_BODY, check, require
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import Answer, Call, Refusal, link, link_self


def add_note(
    shop: Shop, order_id: int, text: str, *, to_customer: bool = False, author: str = "WooCommerce"
) -> Document:
    """Write a note; the order's date_modified stays."""
    note: Document = {"id": shop.state.next("note"), "order_id": order_id, "author": author}
    shop.stamp(note, "date_created")
    note |= {"note": text, "customer_note": to_customer}
    shop.state.put("note", note["id"], note)
    return note


def render(note: Document) -> Document:
    names = ("id", "author", "date_created", "date_created_gmt", "note", "customer_note")
    path = f"orders/{note['order_id']}"
    return {name: note[name] for name in names} | {
        "_links": {
            "self": link_self(f"{path}/notes/{note['id']}", "GET, DELETE"),
            "collection": link(f"{path}/notes"),
            "up": link(path),
        }
    }


def _order(shop: Shop, id: int) -> Document:
    order = shop.state.get("order", id)
    if order is None:
        raise Refusal("woocommerce_rest_order_invalid_id", "Invalid order ID.", 404)
    return order


def _note(shop: Shop, call: Call) -> Document:
    order_id, id = call.numbers
    _order(shop, order_id)
    note = shop.state.get("note", id)
    if note is None or note["order_id"] != order_id:
        raise Refusal("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
    return note


def list_notes(shop: Shop, call: Call) -> Answer:
    """Newest first; of one second, the older number first. No totals, no pages."""
    (order_id,) = call.numbers
    _order(shop, order_id)
    wanted = {"customer": (True,), "internal": (False,)}.get(call.one("type") or "", (True, False))
    notes = [
        note
        for note in shop.state.all("note")
        if note["order_id"] == order_id and note["customer_note"] in wanted
    ]
    notes.sort(key=lambda note: note["id"])
    notes.sort(key=lambda note: note["date_created_gmt"], reverse=True)
    return Answer(body=[render(note) for note in notes])


def read_note(shop: Shop, call: Call) -> Answer:
    return Answer(body=render(_note(shop, call)))


def create_note(shop: Shop, call: Call) -> Answer:
    (order_id,) = call.numbers
    require(call.given, "note")
    check(call.given, NOTE_BODY)
    _order(shop, order_id)
    author = "admin" if call.given.get("added_by_user") else "WooCommerce"
    to_customer = bool(call.given.get("customer_note"))
    text = call.given["note"]
    note = add_note(shop, order_id, text, to_customer=to_customer, author=author)
    shop.state.effect("note_added", order_id, text, note=note["id"], to_customer=to_customer)
    place = f"{call.base}{call.path}/{note['id']}"
    return Answer(body=render(note), status=201, headers={"Location": place})


def delete_note(shop: Shop, call: Call) -> Answer:
    note = _note(shop, call)
    if not (call.yes("force") or call.given.get("force")):
        message = "Webhooks do not support trashing."  # the vendor's own slip
        raise Refusal("woocommerce_rest_trash_not_supported", message, 501)
    shop.state.remove("note", note["id"])
    shop.state.effect("note_deleted", note["order_id"], note["note"], note=note["id"])
    return Answer(body=render(note))
