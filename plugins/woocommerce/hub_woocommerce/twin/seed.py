"""Filling a new shop: from a folder of exported collections, or from our own samples."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from hub.testing.twins import Document, TwinState
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import BASE

SAMPLES = Path(__file__).parent.parent / "samples" / "store"
SECOND_SHOP_SHIFT = 5000
DATES = ("date_created", "date_modified", "date_completed", "date_paid", "date_on_sale_from",
         "date_on_sale_to", "date_expires")  # fmt: skip
READ_ONLY = {
    "tax": "taxes",
    "tax_class": "taxes_classes",
    "payment_gateway": "payment_gateways",
    "shipping_zone": "shipping_zones",
    "category": "products_categories",
}


def seed(state: TwinState, folder: Path | None) -> None:
    """Load the shop; options choose what a second shop carries and how much of it.

    second=1          same SKUs, ids 5000 higher, no orders, nothing in stock, Europe/Berlin
    orders=0          no orders
    only_products=A,B only the products with these SKUs (a variable one with its variations)
    sku_prefix=X-     every SKU prefixed
    stock_factor=0.5  every stock multiplied, rounded down
    """
    source = folder or SAMPLES
    shop = Shop(state)
    _seed_lists(shop, source)
    _seed_products(shop, source)
    if not shop.second and state.options.get("orders", "1") != "0":
        _seed_orders(shop, source)


def _load(source: Path, name: str) -> Any:
    path = source / f"{name}.json"
    if not path.exists():
        return {} if name in ("variations", "refunds") else []
    text = path.read_text(encoding="utf-8")
    origin = re.search(r'"(https?://[^"/]+)/wp-json/', text)
    return json.loads(text.replace(origin[1], BASE) if origin else text)


def _seed_lists(shop: Shop, source: Path) -> None:
    for kind, name in READ_ONLY.items():
        for place, document in enumerate(_load(source, name)):
            id = document.get("id", document.get("slug"))
            shop.state.put(kind, id, _local(shop, document) | {"place": place})
    for kind, name in (("customer", "customers"), ("coupon", "coupons")):
        for place, document in enumerate(_load(source, name)):
            shop.state.put(kind, document["id"], _local(shop, document) | {"place": place})
            if kind == "coupon":
                shop.state.raise_to("post", document["id"])
    for group in ("general", "tax"):
        for place, document in enumerate(_load(source, f"settings_{group}")):
            kept = document | {"group": group, "place": place}
            shop.state.put("setting", f"{group}:{document['id']}", kept)


# -- products -------------------------------------------------------------------------------------


def _seed_products(shop: Shop, source: Path) -> None:
    options = shop.state.options
    only = {sku for sku in options.get("only_products", "").split(",") if sku}
    shift = int(options.get("id_shift", SECOND_SHOP_SHIFT if shop.second else 0))
    variations: dict[str, list[Document]] = _load(source, "variations")
    for product in _load(source, "products"):
        if only and product["sku"] not in only:
            continue
        _keep_product(shop, "product", product, shift)
        for variation in variations.get(str(product["id"]), []):
            _keep_product(shop, "variation", variation, shift)


def _keep_product(shop: Shop, kind: str, given: Document, shift: int) -> None:
    document = _shifted(_local(shop, given), shift)
    options = shop.state.options
    if document["sku"]:
        document["sku"] = options.get("sku_prefix", "") + document["sku"]
    factor = Decimal(options.get("stock_factor", "0" if shop.second else "1"))
    if document["stock_quantity"] is not None:
        document["stock_quantity"] = int(document["stock_quantity"] * factor)
    stock.settle(document)
    if document["manage_stock"] == "parent" and factor == 0:
        document["stock_status"] = "outofstock"
    shop.state.put(kind, document["id"], document)
    shop.state.raise_to("post", document["id"])
    shop.state.raise_to("meta", max((m["id"] for m in document["meta_data"]), default=0))


def _shifted(document: Document, shift: int) -> Document:
    """Give a product other numbers, in its links as well."""
    if not shift:
        return document
    text = json.dumps(document)
    text = re.sub(r"(products/|variations/)(\d+)", lambda m: f"{m[1]}{int(m[2]) + shift}", text)
    moved: Document = json.loads(text)
    moved["id"] += shift
    if moved.get("parent_id"):
        moved["parent_id"] += shift
    for name in ("variations", "related_ids", "upsell_ids", "cross_sell_ids"):
        if name in moved:
            moved[name] = [id + shift for id in moved[name]]
    return moved


# -- orders ---------------------------------------------------------------------------------------


def _seed_orders(shop: Shop, source: Path) -> None:
    prefix = shop.state.options.get("sku_prefix", "")
    for order in _load(source, "orders"):
        for line in order["line_items"]:
            line["sku"] = prefix + line["sku"] if line["sku"] else line["sku"]
        shop.state.put("order", order["id"], _local(shop, order))
        _raise_counters(shop, order)
    for order_id, refunds in _load(source, "refunds").items():
        for refund in refunds:
            kept = _local(shop, refund) | {"parent_id": int(order_id)}
            shop.state.put("refund", refund["id"], kept)
            _raise_counters(shop, refund)


def _raise_counters(shop: Shop, document: Document) -> None:
    lists = [document[name] for name in document if name.endswith(("_items", "_lines"))]
    lines = [line for each in lists for line in each]
    metas = [*document["meta_data"], *(meta for line in lines for meta in line["meta_data"])]
    shop.state.raise_to("post", document["id"])
    shop.state.raise_to("item", max((line["id"] for line in lines), default=0))
    shop.state.raise_to("meta", max((meta["id"] for meta in metas), default=0))


def _local(shop: Shop, document: Document) -> Document:
    """Tell every local date in this shop's zone."""
    told = {
        name: shop.local(document[f"{name}_gmt"])
        for name in DATES
        if document.get(f"{name}_gmt") and name in document
    }
    return document | told
