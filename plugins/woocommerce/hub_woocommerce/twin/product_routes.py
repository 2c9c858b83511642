"""`/products` and `/products/{id}/variations`: list, read, create, change, delete, batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.checks import COLLECTION, PRODUCT_BODY, PRODUCT_LIST, check, check_query
from hub_woocommerce.twin.listing import Row, page, select
from hub_woocommerce.twin.products import (
    as_product,
    change,
    delete,
    document_of,
    new_product,
    new_variation,
)
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import BASE, Answer, Call, Refusal

BATCH_LIMIT = 100


def _invalid(kind: str, status: int, *, bare: bool = False) -> Refusal:
    name = {"product": "product", "variation": "product_variation"}[kind]
    return Refusal(f"woocommerce_rest_{name}_invalid_id", "Invalid ID.", status, bare=bare)


def _product(shop: Shop, id: int, status: int) -> Document:
    document = shop.state.get("product", id)
    if document is None:
        raise _invalid("product", status)
    return document


def _variation(shop: Shop, numbers: tuple[int, ...], status: int) -> Document:
    parent, id = numbers
    document = shop.state.get("variation", id)
    if document is None or document["parent_id"] != parent:
        raise _invalid("variation", status, bare=status == 404)
    return document


# -- products -------------------------------------------------------------------------------------


def _written(document: Document) -> Document:
    """Show a product as answers to writes do: with what only editors see."""
    shown = {name: value for name, value in document.items() if name != "_links"}
    shown["permalink_template"] = f"{BASE}/product/%pagename%/"
    shown["generated_slug"] = document["slug"]
    return shown | {"_links": document["_links"]}


def list_products(shop: Shop, call: Call) -> Answer:
    """By SKU it finds variations as well, never what is in the bin."""
    check_query(call, PRODUCT_LIST)
    skus = [sku.strip().lower() for sku in call.many("sku")]
    rows = shop.state.scan("product", Row)
    if skus:
        rows += shop.state.scan("variation", Row)
    statuses = call.many("status") or ["any"]
    kept = [
        row
        for row in rows
        if (row.status in statuses or ("any" in statuses and row.status != "trash"))
        and (not skus or ((row.sku or "").lower() in skus and row.status != "trash"))
        and call.one("type", row.type) == row.type
        and call.one("stock_status", row.stock_status) == row.stock_status
    ]
    return page(call, select(shop, call, kept), lambda row: _shown(shop, call, row.id))


def _shown(shop: Shop, call: Call, id: int) -> Document | None:
    found = stock.find(shop, id)
    if found is None:
        return None
    kind, document = found
    return _seen(call, as_product(shop, document) if kind == "variation" else document)


def _seen(call: Call, document: Document) -> Document:
    """Show a description as visitors see it, unless an editor asks: with its paragraphs marked."""
    text = document["description"]
    if call.one("context") == "edit" or not text or text.startswith("<p>"):
        return document
    return document | {"description": f"<p>{text}</p>\n"}


def read_product(shop: Shop, call: Call) -> Answer:
    shown = _shown(shop, call, call.numbers[0])
    if shown is None:
        raise _invalid("product", 404)
    return Answer(body=shown)


def create_product(shop: Shop, call: Call) -> Answer:
    check(call.given, PRODUCT_BODY)
    document = new_product(shop, call.given)
    place = f"{call.base}/wp-json/wc/v3/products/{document['id']}"
    return Answer(body=_written(document), status=201, headers={"Location": place})


def change_product(shop: Shop, call: Call) -> Answer:
    check(call.given, PRODUCT_BODY)
    id = call.numbers[0]
    if shop.state.get("variation", id):
        message = (
            "To manipulate product variations you should use the "
            "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint."
        )
        raise Refusal("woocommerce_rest_invalid_product_id", message, 404)
    return Answer(body=_written(change(shop, "product", _product(shop, id, 400), call.given)))


def delete_product(shop: Shop, call: Call) -> Answer:
    document = _product(shop, call.numbers[0], 404)
    return Answer(body=_deleted(shop, "product", document, call))


def _deleted(shop: Shop, kind: str, document: Document, call: Call) -> Document:
    force = call.yes("force") or bool(call.given.get("force"))
    if document["status"] == "trash" and not force:
        message = f"The {kind} has already been deleted."
        raise Refusal("woocommerce_rest_already_trashed", message, 410)
    return delete(shop, kind, document, force=force)


# -- variations -----------------------------------------------------------------------------------


def list_variations(shop: Shop, call: Call) -> Answer:
    check_query(call, COLLECTION)
    (parent,) = call.numbers
    rows = [row for row in shop.state.scan("variation", Row) if row.parent_id == parent]
    skus = [sku.strip().lower() for sku in call.many("sku")]
    kept = [row for row in rows if not skus or (row.sku or "").lower() in skus]

    def shown(row: Row) -> Document | None:
        document = shop.state.get("variation", row.id)
        return document and _seen(call, document)

    return page(call, select(shop, call, kept), shown)


def read_variation(shop: Shop, call: Call) -> Answer:
    return Answer(body=_seen(call, _variation(shop, call.numbers, 404)))


def create_variation(shop: Shop, call: Call) -> Answer:
    check(call.given, PRODUCT_BODY)
    document = new_variation(shop, _product(shop, call.numbers[0], 404), call.given)
    place = f"{call.base}{call.path}/{document['id']}"
    return Answer(body=document, status=201, headers={"Location": place})


def change_variation(shop: Shop, call: Call) -> Answer:
    check(call.given, PRODUCT_BODY)
    document = _variation(shop, call.numbers, 400)
    return Answer(body=change(shop, "variation", document, call.given))


def delete_variation(shop: Shop, call: Call) -> Answer:
    return Answer(body=_deleted(shop, "variation", _variation(shop, call.numbers, 404), call))


# -- batches: 200 with an error an item -----------------------------------------------------------


def batch_products(shop: Shop, call: Call) -> Answer:
    def update(item: Document) -> Document:
        document = _product(shop, int(item["id"]), 400)
        return _written(change(shop, "product", document, _without_id(item)))

    return _batch(
        call,
        create=lambda item: _written(new_product(shop, item)),
        update=update,
        remove=lambda id: delete(shop, "product", _product(shop, id, 404), force=True),
    )


def batch_variations(shop: Shop, call: Call) -> Answer:
    (parent,) = call.numbers

    def update(item: Document) -> Document:
        document = _variation(shop, (parent, int(item["id"])), 400)
        return change(shop, "variation", document, _without_id(item))

    return _batch(
        call,
        create=lambda item: new_variation(shop, document_of(shop, "product", parent), item),
        update=update,
        remove=lambda id: delete(
            shop, "variation", _variation(shop, (parent, id), 404), force=True
        ),
    )


def _without_id(item: Document) -> Document:
    return {name: value for name, value in item.items() if name != "id"}


def _batch(
    call: Call,
    *,
    create: Callable[[Document], Document],
    update: Callable[[Document], Document],
    remove: Callable[[int], Document],
) -> Answer:
    parts = {name: call.given.get(name) or [] for name in ("create", "update", "delete")}
    if sum(len(items) for items in parts.values()) > BATCH_LIMIT:
        message = f"Unable to accept more than {BATCH_LIMIT} items for this request."
        raise Refusal("woocommerce_rest_request_entity_too_large", message, 413)
    work: dict[str, Callable[[Any], Document]] = {
        "create": lambda item: _checked(create, item),
        "update": lambda item: _checked(update, item),
        "delete": lambda id: remove(int(id)),
    }
    done = {name: [_one(work[name], item) for item in items] for name, items in parts.items()}
    return Answer(body={name: results for name, results in done.items() if results})


def _checked(do: Callable[[Document], Document], item: Document) -> Document:
    check(item, PRODUCT_BODY)
    return do(item)


def _one(do: Callable[[Any], Document], item: Any) -> Document:
    try:
        return do(item)
    except Refusal as refusal:
        id = item.get("id", 0) if isinstance(item, dict) else item
        return {"id": int(id), "error": refusal.body()}
