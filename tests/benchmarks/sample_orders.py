"""Orders of a made-up shop, in the shape and size of WooCommerce's own; always the same ones."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
APART = timedelta(seconds=90)
"""Between the changes of two orders, so that no two share a second."""

_SHOP_TIME = timedelta(hours=-5)
_STATUSES = (
    ("processing",) * 8 + ("completed",) * 7 + ("on-hold", "pending", "cancelled", "refunded")
)
_METHODS = (("stripe", "Credit card"), ("bacs", "Bank transfer"), ("cod", "Cash on delivery"))
_UNPAID = frozenset({"on-hold", "pending", "cancelled"})
_STREETS = ("Good Way", "Müllerstraße", "Rue de l'Église", "Harbour Road", "Long Lane")
_CITIES = (
    ("Albany", "NY", "12207", "US"), ("Köln", "", "50667", "DE"), ("Lyon", "", "69002", "FR"),
    ("Lake Meganhaven", "PA", "19103", "US"), ("Leeds", "", "LS1 4DY", "GB"),
)  # fmt: skip
_MAIL_EVERY = 5
"""Every fifth order is by someone who has ordered before."""


def order_json(number: int) -> bytes:
    """Give order `number` (from 0) as the bytes a shop sends."""
    text = json.dumps(_order(number), separators=(",", ":"))
    return text.replace("/", "\\/").encode()  # PHP escapes slashes


def changed_at(number: int) -> datetime:
    """Give the instant of an order's last change."""
    return FIRST + number * APART


def first_changed_after(after: datetime) -> int:
    """Give the number of the first order changed after an instant."""
    return max(0, (after - FIRST) // APART + 1)


def _order(number: int) -> dict[str, Any]:
    status = _STATUSES[number % len(_STATUSES)]
    code, title = _METHODS[number % len(_METHODS)]
    lines = [_line(number, position) for position in range(3)]
    goods = sum(_cents(line["total"]) for line in lines)
    tax = sum(_cents(line["total_tax"]) for line in lines)
    buyer = number // _MAIL_EVERY if number % _MAIL_EVERY == 0 else number
    address = _address(buyer)
    paid = status not in _UNPAID
    return {
        "id": 1000 + number, "parent_id": 0, "status": status, "currency": "USD",
        "version": "10.5.0", "prices_include_tax": False, **_dates(number, "", _SHOP_TIME),
        "discount_total": "0.00", "discount_tax": "0.00", "shipping_total": "7.50",
        "shipping_tax": "0.00", "cart_tax": _text(tax), "total": _text(goods + tax + 750),
        "total_tax": _text(tax), "customer_id": 0, "order_key": f"wc_order_{number:013x}",
        "billing": {**address, "email": f"buyer{buyer}@example.test", "phone": f"555{buyer:07}"},
        "shipping": {**address, "phone": ""},
        "payment_method": code, "payment_method_title": title,
        "transaction_id": f"pi_{number:012x}" if code == "stripe" and paid else "",
        "customer_ip_address": "203.0.113.7", "customer_user_agent": "Mozilla/5.0",
        "created_via": "checkout", "customer_note": "Ring twice, please" if not number % 7 else "",
        "date_completed": None, "cart_hash": f"{number:032x}", "number": str(1000 + number),
        "meta_data": [{"id": 9 * number, "key": "_wc_order_attribution_source_type",
                       "value": "typein"}],
        "line_items": lines, "tax_lines": [], "shipping_lines": [_shipping(number)],
        "fee_lines": [], "coupon_lines": [], "refunds": [],
        "payment_url": f"https://shop.example.test/checkout/order-pay/{1000 + number}/",
        "is_editable": False, "needs_payment": not paid, "needs_processing": True,
        **_dates(number, "_gmt", timedelta()),
        "date_completed_gmt": _stamp(number) if status == "completed" else None,
        "date_paid_gmt": _stamp(number) if paid else None,
        "currency_symbol": "$", "_links": _links(number),
    }  # fmt: skip


def _line(number: int, position: int) -> dict[str, Any]:
    product = (number * 7 + position * 13) % 400
    quantity = 1 + (number + position) % 3
    price = 1295 + product * 17
    return {
        "id": 50_000 + 3 * number + position, "name": f"Linen shirt No. {product} - Red, L",
        "product_id": 100 + product, "variation_id": 5000 + product, "quantity": quantity,
        "tax_class": "", "subtotal": _text(quantity * price), "subtotal_tax": "0.00",
        "total": _text(quantity * price), "total_tax": _text(quantity * price * 8 // 100),
        "taxes": [{"id": 1, "total": _text(quantity * price * 8 // 100), "subtotal": "0.00"}],
        "meta_data": [
            _meta(number, position, 0, "pa_color", "red"),
            _meta(number, position, 1, "size", "L"),
            _meta(number, position, 2, "_reduced_stock", str(quantity)),
        ],
        "sku": f"LS-{product:03}-RL", "global_unique_id": "", "price": price / 100,
        "image": {"id": 0, "src": ""}, "parent_name": f"Linen shirt No. {product}",
    }  # fmt: skip


def _meta(number: int, position: int, which: int, key: str, value: str) -> dict[str, Any]:
    identity = 200_000 + 9 * number + 3 * position + which
    return {"id": identity, "key": key, "value": value, "display_key": key, "display_value": value}


def _shipping(number: int) -> dict[str, Any]:
    return {
        "id": 900_000 + number, "method_title": "Standard", "method_id": "flat_rate",
        "instance_id": "1", "total": "7.50", "total_tax": "0.00", "taxes": [],
        "tax_status": "taxable", "meta_data": [],
    }  # fmt: skip


def _address(buyer: int) -> dict[str, str]:
    city, state, postcode, country = _CITIES[buyer % len(_CITIES)]
    return {
        "first_name": "Timothy", "last_name": f"Holt-{buyer}", "company": "",
        "address_1": f"{buyer % 999 + 1} {_STREETS[buyer % 4]}", "address_2": "", "city": city,
        "state": state, "postcode": postcode, "country": country,
    }  # fmt: skip


def _dates(number: int, suffix: str, zone: timedelta) -> dict[str, str]:
    stamp = _stamp(number, zone)
    return {f"date_created{suffix}": stamp, f"date_modified{suffix}": stamp}


def _stamp(number: int, zone: timedelta = timedelta(0)) -> str:
    return (changed_at(number) + zone).strftime("%Y-%m-%dT%H:%M:%S")


def _links(number: int) -> dict[str, Any]:
    home = "https://shop.example.test/wp-json/wc/v3/orders"
    allowed = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    itself = f"{home}/{1000 + number}"
    return {
        "self": [{"href": itself, "targetHints": allowed}],
        "collection": [{"href": home}],
        "email_templates": [{"embeddable": True, "href": f"{itself}/actions/email_templates"}],
    }


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _cents(text: str) -> int:
    return int(text.replace(".", ""))
