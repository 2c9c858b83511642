"""Order lines as the shop builds them from a request: products, freight, fees, coupons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.pricing import number, text
from hub_woocommerce.twin.shop import Shop, merge_meta


def product_line(shop: Shop, given: Document) -> Document:
    """Return a new line; an unknown product gives a blank one, as the shop really does."""
    quantity = given.get("quantity", 1)
    found = _product(shop, given)
    line: Document = {"id": shop.next_item()} | _of_product(shop, found)
    unit = Decimal(found[1]["price"] or "0") if found else Decimal(0)
    subtotal = Decimal(str(given.get("subtotal", unit * quantity)))
    total = Decimal(str(given.get("total", subtotal)))
    line |= {"quantity": quantity, "subtotal": text(subtotal), "total": text(total)}
    line["price"] = number(float(text(total)) / quantity) if quantity else 0
    if "name" in given:
        line["name"] = given["name"]
    line["meta_data"] += merge_meta(shop, [], given.get("meta_data", []))
    return line


def _product(shop: Shop, given: Document) -> tuple[str, Document] | None:
    id = given.get("variation_id") or given.get("product_id")
    if id:
        return stock.find(shop, int(id))
    return stock.find_by_sku(shop, given["sku"]) if given.get("sku") else None


def _of_product(shop: Shop, found: tuple[str, Document] | None) -> Document:
    """Return every field of a line, in the shop's order, with what the product decides."""
    kind, product = found or ("", {})
    variation = kind == "variation"
    parent = (shop.state.get("product", product["parent_id"]) or {}) if variation else {}
    name = f"{parent['name']} - {product['name']}" if variation else product.get("name", "")
    return {
        "name": name,
        "product_id": product["parent_id"] if variation else product.get("id", 0),
        "variation_id": product["id"] if variation else 0,
        "quantity": 0,
        "tax_class": product.get("tax_class", ""),
        "subtotal": "0.00",
        "subtotal_tax": "0.00",
        "total": "0.00",
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [_attribute(shop, each) for each in product.get("attributes", [])]
        if variation
        else [],
        "sku": product["sku"] if found else None,
        "global_unique_id": product.get("global_unique_id", "") if found else None,
        "price": 0,
        "image": {"id": "" if kind == "product" else 0, "src": ""},
        "parent_name": parent.get("name") if variation else None,
    }


def _attribute(shop: Shop, attribute: Document) -> Document:
    taxonomy = attribute["slug"].startswith("pa_")
    value = attribute["option"].lower() if taxonomy else attribute["option"]
    return stock.item_meta(shop, attribute["slug"], value, attribute["name"], attribute["option"])


def change_product_line(shop: Shop, line: Document, given: Document) -> None:
    """Apply a PUT to a line that exists."""
    quantity = given.get("quantity", line["quantity"])
    if "quantity" in given and line["quantity"]:
        unit = Decimal(line["total"]) / line["quantity"]
        before = Decimal(line["subtotal"]) / line["quantity"]
        line["subtotal"], line["total"] = text(before * quantity), text(unit * quantity)
    line["quantity"] = quantity
    for name in ("subtotal", "total"):
        if name in given:
            line[name] = text(Decimal(str(given[name])))
    line["price"] = number(float(line["total"]) / quantity) if quantity else 0
    line["meta_data"] = merge_meta(shop, line["meta_data"], given.get("meta_data", []))


def shipping_line(shop: Shop, given: Document) -> Document:
    return {
        "id": shop.next_item(),
        "method_title": given.get("method_title", ""),
        "method_id": given.get("method_id", ""),
        "instance_id": given.get("instance_id", ""),
        "total": text(Decimal(str(given.get("total") or "0"))),
        "total_tax": "0.00",
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": merge_meta(shop, [], given.get("meta_data", [])),
    }


def fee_line(shop: Shop, given: Document) -> Document:
    return {
        "id": shop.next_item(),
        "name": given.get("name", "Fee"),
        "tax_class": given.get("tax_class", ""),
        "tax_status": given.get("tax_status", "taxable"),
        "amount": "",
        "total": text(Decimal(str(given.get("total") or "0"))),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": merge_meta(shop, [], given.get("meta_data", [])),
    }


def coupon_line(shop: Shop, coupon: Document, discount: Decimal, tax: Decimal) -> Document:
    nominal: Any = number(Decimal(coupon["amount"]))
    info = f'[{coupon["id"]},"{coupon["code"]}","{coupon["discount_type"]}",{nominal}]'
    return {
        "id": shop.next_item(),
        "code": coupon["code"],
        "discount": str(number(discount)),
        "discount_tax": str(number(tax)),
        "meta_data": [stock.item_meta(shop, "coupon_info", info)],
        "discount_type": coupon["discount_type"],
        "nominal_amount": nominal,
        "free_shipping": coupon["free_shipping"],
    }
