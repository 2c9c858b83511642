"""Products and variations: made, changed, shown; what the shop accepts without meaning it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.shop import ISO, Shop, merge_meta
from hub_woocommerce.twin.wire import BASE, Refusal, link, link_self

PLAIN = (
    "name", "slug", "status", "featured", "catalog_visibility", "description", "short_description",
    "virtual", "tax_status", "tax_class", "backorders", "low_stock_amount", "sold_individually",
    "weight", "purchase_note", "menu_order", "attributes", "default_attributes", "categories",
    "tags", "images", "global_unique_id",
)  # fmt: skip
SHARED: Document = {
    "status": "publish", "description": "", "sku": "", "price": "", "regular_price": "",
    "sale_price": "", "date_on_sale_from": None, "date_on_sale_from_gmt": None,
    "date_on_sale_to": None, "date_on_sale_to_gmt": None, "on_sale": False, "purchasable": True,
    "virtual": False, "downloadable": False, "downloads": [], "download_limit": -1,
    "download_expiry": -1, "tax_status": "taxable", "tax_class": "", "manage_stock": False,
    "stock_quantity": None, "stock_status": "instock", "backorders": "no",
    "backorders_allowed": False, "backordered": False, "low_stock_amount": None, "weight": "",
    "shipping_class": "", "shipping_class_id": 0, "menu_order": 0, "global_unique_id": "",
}  # fmt: skip
PRODUCT: Document = SHARED | {
    "type": "simple", "featured": False, "catalog_visibility": "visible",
    "short_description": "", "total_sales": 0, "external_url": "", "button_text": "",
    "sold_individually": False, "shipping_required": True, "shipping_taxable": True,
    "reviews_allowed": True, "average_rating": "0.00", "rating_count": 0, "parent_id": 0,
    "purchase_note": "", "price_html": "", "has_options": False, "post_password": "",
}  # fmt: skip
LISTS = (
    "upsell_ids", "cross_sell_ids", "categories", "brands", "tags", "images", "attributes",
    "default_attributes", "variations", "grouped_products", "related_ids", "meta_data",
)  # fmt: skip
ORDER_OF_FIELDS = (
    "id", "name", "slug", "permalink", "date_created", "date_created_gmt", "date_modified",
    "date_modified_gmt", "type", "status", "featured", "catalog_visibility", "description",
    "short_description", "sku", "price", "regular_price", "sale_price", "date_on_sale_from",
    "date_on_sale_from_gmt", "date_on_sale_to", "date_on_sale_to_gmt", "on_sale", "purchasable",
    "total_sales", "virtual", "downloadable", "downloads", "download_limit", "download_expiry",
    "external_url", "button_text", "tax_status", "tax_class", "manage_stock", "stock_quantity",
    "backorders", "backorders_allowed", "backordered", "low_stock_amount", "sold_individually",
    "weight", "dimensions", "shipping_required", "shipping_taxable", "shipping_class",
    "shipping_class_id", "reviews_allowed", "average_rating", "rating_count", "upsell_ids",
    "cross_sell_ids", "parent_id", "purchase_note", "categories", "brands", "tags", "images",
    "attributes", "default_attributes", "variations", "grouped_products", "menu_order",
    "price_html", "related_ids", "meta_data", "stock_status", "has_options", "post_password",
    "global_unique_id", "_links",
)  # fmt: skip


def new_product(shop: Shop, given: Mapping[str, Any]) -> Document:
    if given.get("id"):
        message = "Cannot create existing product."
        raise Refusal("woocommerce_rest_product_exists", message, 400)
    _check_sku(shop, given, 0)
    id = shop.next_post()
    name = given.get("name", "Product")
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or f"product-{id}"
    document = {"id": id, "name": name, "slug": slug, "permalink": f"{BASE}/product/{slug}/"}
    shop.stamp(document, "date_created", "date_modified")
    document |= PRODUCT | {"type": given.get("type", "simple")}
    document |= {name: [] for name in LISTS} | {"dimensions": _no_size()}
    document["_links"] = {"self": link_self(f"products/{id}"), "collection": link("products")}
    document["has_options"] = document["type"] == "variable"
    _make(shop, "product", {name: document[name] for name in ORDER_OF_FIELDS}, given)
    return document_of(shop, "product", id)


def new_variation(shop: Shop, parent: Document, given: Mapping[str, Any]) -> Document:
    _check_sku(shop, given, 0)
    id = shop.next_post()
    document: Document = {"id": id, "type": "variation"}
    shop.stamp(document, "date_created", "date_modified")
    options = [each["option"] for each in given.get("attributes", [])]
    query = "&".join(f"attribute_{o.lower()}={o}" for o in options)
    path = f"products/{parent['id']}"
    document |= SHARED | {
        "permalink": f"{parent['permalink']}?{query}",
        "dimensions": _no_size(),
        "image": None,
        "attributes": given.get("attributes", []),
        "meta_data": [],
        "name": ", ".join(options),
        "parent_id": parent["id"],
        "manage_stock": "parent" if parent["manage_stock"] is True else False,
        "_links": {
            "self": link_self(f"{path}/variations/{id}"),
            "collection": link(f"{path}/variations"),
            "up": link(path),
        },
    }
    parent["variations"] = [*parent["variations"], id]
    shop.state.put("product", parent["id"], parent)
    _make(shop, "variation", document, given)
    return document_of(shop, "variation", id)


def _no_size() -> Document:
    return {"length": "", "width": "", "height": ""}


def _make(shop: Shop, kind: str, document: Document, given: Mapping[str, Any]) -> None:
    _apply(shop, kind, document, given)
    stock.save(shop, kind, document, told=False)
    shop.notify("product.created", document["id"])
    shop.state.effect("product_created", document["id"], document["sku"])


def document_of(shop: Shop, kind: str, id: int) -> Document:
    document = shop.state.get(kind, id)
    assert document is not None
    return document


def change(shop: Shop, kind: str, document: Document, given: Mapping[str, Any]) -> Document:
    """Apply a PUT; even one that changes nothing moves the date and tells the subscribers."""
    _check_sku(shop, given, document["id"])
    before = document["stock_quantity"]
    _apply(shop, kind, document, given)
    stock.save(shop, kind, document)
    if "stock_quantity" in given or "inventory_delta" in given:
        # `asked` is the witness of what was sent, `now` of what the shop made of it.
        shop.state.effect(
            "stock_set", document["id"], document["sku"], asked=given.get("stock_quantity"),
            before=before, now=document["stock_quantity"],
        )  # fmt: skip
    shop.state.effect("product_updated", document["id"], document["sku"], fields=sorted(given))
    return document_of(shop, kind, document["id"])


def _check_sku(shop: Shop, given: Mapping[str, Any], own_id: int) -> None:
    sku = given.get("sku")
    other = stock.find_by_sku(shop, sku) if sku else None
    if other is None or other[1]["id"] == own_id:
        return
    _or_beaten(shop, str(sku), other[1], own_id)
    number = 1
    while stock.find_by_sku(shop, f"{sku}-{number}"):
        number += 1
    data = {"resource_id": other[1]["id"], "unique_sku": f"{sku}-{number}"}
    raise Refusal("product_invalid_sku", "Invalid or duplicated SKU.", 400, data)


def _or_beaten(shop: Shop, sku: str, other: Document, own_id: int) -> None:
    """Refuse every second rival of one second the other way: the shop's check came too early."""
    if own_id or other["date_created_gmt"] != shop.now().strftime(ISO):
        return
    rivals = shop.state.setting(f"rivals:{other['id']}", 0) + 1
    shop.state.keep(f"rivals:{other['id']}", rivals)
    if rivals % 2 == 0:
        message = (
            f"The product with SKU ({sku}) you are trying to insert is already present in the "
            "lookup table"
        )
        raise Refusal("woocommerce_rest_product_not_created", message, 400)


def _apply(shop: Shop, kind: str, document: Document, given: Mapping[str, Any]) -> None:
    fixed = ("name",) if kind == "variation" else ()  # a variation is named after its attributes
    plain = [name for name in PLAIN if name in given and name in document and name not in fixed]
    document |= {name: given[name] for name in plain}
    if "name" in plain:
        document["name"] = re.sub(r"&(?!#?\w+;)", "&amp;", given["name"])
    document["sku"] = given.get("sku", document["sku"])
    document["dimensions"] |= given.get("dimensions", {})
    document["meta_data"] = merge_meta(shop, document["meta_data"], given.get("meta_data", []))
    _apply_price(document, given)
    _apply_stock(shop, kind, document, given)


def _apply_price(document: Document, given: Mapping[str, Any]) -> None:
    if document["type"] == "variable":
        return
    for name in ("regular_price", "sale_price"):
        if name in given:
            document[name] = _price(given[name])
    regular, sale = document["regular_price"], document["sale_price"]
    if sale and (not regular or Decimal(sale) >= Decimal(regular)):
        document["sale_price"] = sale = ""  # blanked without a word
    document["price"] = sale or regular
    document["on_sale"] = bool(sale)
    if "price_html" in document:
        document["price_html"] = _price_html(document["price"])


def _price(value: str) -> str:
    """A comma is a thousands separator here: "12,50" is twelve hundred and fifty."""
    cleaned = re.sub(r"[^0-9.\-]", "", value)
    try:
        return cleaned if cleaned and Decimal(cleaned).is_finite() else ""
    except InvalidOperation:
        return ""


def _price_html(price: str) -> str:
    if not price:
        return ""
    symbol = '<span class="woocommerce-Price-currencySymbol">&#36;</span>'
    amount = f"<bdi>{symbol}{Decimal(price):.2f}</bdi>"
    return f'<span class="woocommerce-Price-amount amount">{amount}</span>'


def _apply_stock(shop: Shop, kind: str, document: Document, given: Mapping[str, Any]) -> None:
    if "manage_stock" in given:
        managed = given["manage_stock"] in (True, "true", "1")
        parent = shop.state.get("product", document["parent_id"]) if kind == "variation" else None
        inherits = bool(parent and parent["manage_stock"] is True)
        document["manage_stock"] = True if managed else ("parent" if inherits else False)
    if document["manage_stock"] is True:
        if given.get("stock_quantity") is not None:
            document["stock_quantity"] = int(float(given["stock_quantity"]))
        if "inventory_delta" in given:
            stock.add_carelessly(shop, document, int(given["inventory_delta"]))
    elif "stock_status" in given and document["manage_stock"] is False:
        document["stock_status"] = given["stock_status"]


def as_product(shop: Shop, variation: Document) -> Document:
    """Show a variation in the shape of a product, as `/products/{id}` and webhooks do."""
    parent = shop.state.get("product", variation["parent_id"]) or {"name": "", "slug": ""}
    name = f"{parent['name']} - {variation['name']}"
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    shown = PRODUCT | {name: [] for name in LISTS} | variation
    shown |= {"name": name, "slug": slug, "total_sales": "0", "reviews_allowed": False}
    shown["price_html"] = _price_html(variation["price"])
    shown["_links"] = {
        "self": link_self(f"products/{variation['id']}"),
        "collection": link("products"),
        "up": link(f"products/{variation['parent_id']}"),
    }
    return {name: shown[name] for name in ORDER_OF_FIELDS}


def delete(shop: Shop, kind: str, document: Document, *, force: bool) -> Document:
    """Answer as it was; a trashed product keeps its SKU to itself."""
    before = dict(document)
    if force:
        shop.state.remove(kind, document["id"])
        for child in stock.variations_of(shop, document["id"]):
            shop.state.remove("variation", child["id"])
        _forget_variation(shop, document)
    else:
        document["status"] = "trash"
        shop.state.put(kind, document["id"], document)
    shop.state.effect("product_deleted", document["id"], document["sku"], force=force)
    shop.notify("product.deleted", document["id"])
    return before


def _forget_variation(shop: Shop, document: Document) -> None:
    parent = shop.state.get("product", document["parent_id"]) if document["parent_id"] else None
    if parent:
        parent["variations"] = [id for id in parent["variations"] if id != document["id"]]
        shop.state.put("product", parent["id"], parent)
