"""Writes `samples/store`: a small shop of our own invention, made by the twin's own rules.

Run `python -m hub_woocommerce.twin.make_samples` after changing `sample_content`; the JSON
is what ships.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.testing.twins import Document, TwinState
from hub_woocommerce.twin import products, stock
from hub_woocommerce.twin.actions import ACTIONS
from hub_woocommerce.twin.refunds import render as render_refund
from hub_woocommerce.twin.sample_content import (
    COUPONS,
    CUSTOMERS,
    GATEWAYS,
    ORDERS,
    SETTINGS,
    SHIRT,
    SIMPLE,
    SUBSCRIPTION,
    TAXES,
)
from hub_woocommerce.twin.seed import SAMPLES
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import BASE, link, link_self

ADDRESS = "https://shop.example"
OPENING = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)


def main() -> None:
    """Build the shop in a throw-away twin and write it out."""
    with tempfile.TemporaryDirectory() as folder:
        state = TwinState(Path(folder) / "sample.db")
        state.clock.freeze(OPENING)
        with state.transaction():
            _furnish(state)
            _stock_up(Shop(state))
            _trade(state)
        _write(state)
        state.close()


def _furnish(state: TwinState) -> None:
    """Put in what the twin only shows."""
    shop = Shop(state)
    for id, tax in enumerate(TAXES, 1):
        _tax(state, id, *tax)
    for place, (method, title) in enumerate(GATEWAYS):
        _gateway(state, place, method, title)
    for id, first, email in CUSTOMERS:
        _customer(shop, id, first, email)
    state.raise_to("post", 90)
    for code, kind, amount in COUPONS:
        _coupon(shop, code, kind, amount)
    for name, value in SETTINGS.items():
        _setting(state, name, value)


def _links(path: str, id: object) -> Document:
    return {"_links": {"self": link_self(f"{path}/{id}"), "collection": link(path)}}


def _tax(state: TwinState, id: int, region: str, rate: str, name: str, priority: int) -> None:
    tax: Document = {"id": id, "country": "US", "state": region, "postcode": "", "city": ""}
    tax |= {"rate": rate, "name": name, "priority": priority, "compound": False}
    tax |= {"shipping": True, "order": 0, "class": "standard", "postcodes": [], "cities": []}
    state.put("tax", id, tax | _links("taxes", id))


def _gateway(state: TwinState, place: int, id: str, title: str) -> None:
    gateway: Document = {"id": id, "title": title, "description": ""}
    gateway |= {"order": place, "enabled": True}
    gateway |= {"method_title": title, "method_description": "", "settings": {}}
    gateway |= {"method_supports": ["products"], "needs_setup": False}
    state.put("payment_gateway", id, gateway | _links("payment_gateways", id))


def _setting(state: TwinState, name: str, value: str) -> None:
    setting: Document = {"id": f"woocommerce_{name}"}
    setting |= {"label": name.replace("_", " ").capitalize()}
    setting |= {"description": "", "type": "text", "default": value, "tip": "", "value": value}
    path = f"settings/general/woocommerce_{name}"
    links: Document = {"self": link_self(path, "GET, POST, PUT, PATCH")}
    links["collection"] = link("settings/general")
    state.put("setting", f"general:woocommerce_{name}", setting | {"_links": links})


def _customer(shop: Shop, id: int, first: str, email: str) -> None:
    address = {"first_name": first, "last_name": "Sample", "company": "", "address_1": "5 Elm Row"}
    address |= {"address_2": "", "city": "Albany", "postcode": "12207", "country": "US"}
    address |= {"state": "NY", "phone": "5185550100"}
    customer: Document = {"id": id}
    shop.stamp(customer, "date_created", "date_modified")
    customer |= {"email": email, "first_name": first, "last_name": "Sample", "role": "customer"}
    customer |= {"username": first.lower(), "billing": address | {"email": email}}
    customer |= {"shipping": address, "is_paying_customer": True, "avatar_url": "", "meta_data": []}
    shop.state.put("customer", id, customer | _links("customers", id))


def _coupon(shop: Shop, code: str, kind: str, amount: str) -> None:
    coupon: Document = {"id": shop.next_post(), "code": code, "amount": amount, "status": "publish"}
    shop.stamp(coupon, "date_created", "date_modified")
    coupon |= {"discount_type": kind, "description": "", "date_expires": None}
    coupon |= {"date_expires_gmt": None, "usage_count": 1, "individual_use": False}
    coupon |= {"product_ids": [], "free_shipping": False, "minimum_amount": "0.00"}
    coupon |= {"maximum_amount": "0.00", "email_restrictions": [], "used_by": [], "meta_data": []}
    shop.state.put("coupon", coupon["id"], coupon | _links("coupons", coupon["id"]))


def _stock_up(shop: Shop) -> None:
    """Enter the catalogue."""
    size = {"length": "18", "width": "10", "height": "8"}
    for name, sku, price, sale, units, weight in SIMPLE:
        counted = {} if units is None else {"manage_stock": True, "stock_quantity": units}
        given: Document = {"name": name, "sku": sku, "regular_price": price, "sale_price": sale}
        given |= {"weight": weight, "dimensions": size if weight else {}}
        given["description"] = f"<p>{name}</p>\n"
        products.new_product(shop, given | counted)
    shirt = _variable(shop, "Crew T-shirt", "TEE", "Size", [size for size, _, _ in SHIRT], {})
    for size_name, sku, units in SHIRT:
        _variation(shop, shirt, "Size", size_name, sku, "22.00",
                   {"manage_stock": True, "stock_quantity": units})  # fmt: skip
    pool = {"manage_stock": True, "stock_quantity": 40}
    box = _variable(shop, "Tasting Box", "BOX", "Grind", [grind for grind, _ in SUBSCRIPTION], pool)
    for grind, sku in SUBSCRIPTION:
        _variation(shop, box, "Grind", grind, sku, "29.00", {})


def _variable(
    shop: Shop, name: str, sku: str, option: str, values: list[str], more: Document
) -> int:
    attribute = {"id": 0, "name": option, "slug": option.lower(), "position": 0, "visible": True}
    attribute |= {"variation": True, "options": values}
    given = {"name": name, "type": "variable", "sku": sku, "attributes": [attribute]}
    return int(products.new_product(shop, given | more)["id"])


def _variation(
    shop: Shop, parent_id: int, option: str, value: str, sku: str, price: str, more: Document
) -> None:
    attribute = {"id": 0, "name": option, "slug": option.lower(), "option": value}
    given = {"sku": sku, "regular_price": price, "weight": "0.3", "attributes": [attribute]}
    parent = products.document_of(shop, "product", parent_id)
    products.new_variation(shop, parent, given | more)
    parent = products.document_of(shop, "product", parent_id) | {"price": price}
    shop.state.put("product", parent_id, parent)


def _trade(state: TwinState) -> None:
    """Let the orders happen, then what happens to a few of them."""
    placed = []
    for at, (minutes, wanted, special) in enumerate(ORDERS):
        state.clock.advance(minutes * 60 + (at * 7 % 60 if minutes else 0))
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in wanted.items()]
        given = {"lines": lines, "transaction_id": f"pi_sample{at:04d}"} | special
        if given.get("payment_method", "stripe") != "stripe":
            given["transaction_id"] = ""
        placed.append(ACTIONS["place_order"](state, given)["id"])
    state.clock.advance(3600)
    line = (state.get("order", placed[8]) or {})["line_items"][0]
    mug = {"id": line["id"], "quantity": 1, "refund_total": "18.00",
           "refund_tax": [{"id": 1, "refund_total": "1.44"}]}  # fmt: skip
    act = ACTIONS["refund_order"]
    act(state, {"order_id": placed[8], "reason": "chipped", "line_items": [mug]})
    act(state, {"order_id": placed[9], "reason": "goodwill", "amount": "2.00"})
    whole = (state.get("order", placed[0]) or {})["total"]
    act(state, {"order_id": placed[0], "reason": "never arrived", "amount": whole})
    _delete_a_product_once_sold(state, placed[15])


def _delete_a_product_once_sold(state: TwinState, order_id: int) -> None:
    order = state.get("order", order_id) or {}
    order["line_items"][0] |= {"product_id": 0, "sku": None, "global_unique_id": None}
    order["line_items"][0]["name"] = "Enamel Pin (discontinued)"
    state.put("order", order_id, order)


def _write(state: TwinState) -> None:
    SAMPLES.mkdir(parents=True, exist_ok=True)
    shop = Shop(state)
    parents = [p["id"] for p in _sorted(state, "product") if p["type"] == "variable"]
    order_ids = sorted({r["parent_id"] for r in state.all("refund")})
    files: dict[str, Any] = {
        "products": _sorted(state, "product"),
        "variations": {id: stock.variations_of(shop, id)[::-1] for id in parents},
        "orders": _sorted(state, "order"),
        "refunds": {
            id: [render_refund(r) for r in _sorted(state, "refund") if r["parent_id"] == id]
            for id in order_ids
        },
        "customers": _sorted(state, "customer"),
        "coupons": _sorted(state, "coupon"),
        "taxes": _sorted(state, "tax"),
        "taxes_classes": [{"slug": "standard", "name": "Standard rate"}],
        "payment_gateways": state.all("payment_gateway"),
        "shipping_zones": [{"id": 0, "name": "Everywhere", "order": 0}],
        "products_categories": [],
        "settings_general": state.all("setting"),
    }
    for name, content in files.items():
        text = json.dumps(content, indent=1, ensure_ascii=False).replace(BASE, ADDRESS)
        (SAMPLES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _sorted(state: TwinState, kind: str) -> Iterable[Document]:
    return sorted(state.all(kind), key=lambda document: document["id"])


if __name__ == "__main__":
    main()
