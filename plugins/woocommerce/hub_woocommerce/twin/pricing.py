"""What an order costs: tax rates by address, one rounding a line and rate, totals from lines."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin.shop import Shop

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    return f"{cents(amount):.2f}"


def total_of(lines: list[Document], name: str) -> Decimal:
    return sum((Decimal(line[name] or "0") for line in lines), Decimal(0))


def rates_for(shop: Shop, order: Document, tax_class: str = "") -> list[Document]:
    """Return the rates that apply: by shipping address, else billing, else the shop's own."""
    place = next((order[k] for k in ("shipping", "billing") if order[k].get("country")), None)
    country, state = shop.general("default_country", "US:NY").partition(":")[::2]
    if place:
        country, state = place["country"], place["state"]
    found = [
        rate
        for rate in shop.state.all("tax")
        if rate["class"] == (tax_class or "standard")
        and rate["country"] in ("", country)
        and rate["state"] in ("", state)
    ]
    return sorted(found, key=lambda rate: (rate["priority"], rate["id"]))


def taxes_on(amount: Decimal, rates: list[Document]) -> list[tuple[Document, Decimal]]:
    return [(rate, cents(amount * Decimal(rate["rate"]) / 100)) for rate in rates]


def tax_line(line: Document, rates: list[Document]) -> None:
    """Fill the taxes of a product line."""
    before = taxes_on(Decimal(line["subtotal"]), rates)
    after = taxes_on(Decimal(line["total"]), rates)
    line["taxes"] = [
        {"id": rate["id"], "total": text(tax), "subtotal": text(whole)}
        for (rate, tax), (_, whole) in zip(after, before, strict=True)
    ]
    line["subtotal_tax"] = text(sum((tax for _, tax in before), Decimal(0)))
    line["total_tax"] = text(sum((tax for _, tax in after), Decimal(0)))


def tax_extra(line: Document, rates: list[Document]) -> None:
    """Fill the taxes of a shipping or fee line."""
    found = taxes_on(Decimal(line["total"]), rates)
    line["taxes"] = [{"id": r["id"], "total": text(tax), "subtotal": ""} for r, tax in found]
    line["total_tax"] = text(sum((tax for _, tax in found), Decimal(0)))


def recalculate(shop: Shop, order: Document) -> None:
    """Tax every line and sum the order up."""
    rates = rates_for(shop, order)
    for line in order["line_items"]:
        tax_line(line, rates_for(shop, order, line["tax_class"]))
    for line in order["shipping_lines"] + order["fee_lines"]:
        tax_extra(line, rates if line["tax_status"] == "taxable" else [])
    order["tax_lines"] = _tax_lines(shop, order, rates)
    items, fees, freight = order["line_items"], order["fee_lines"], order["shipping_lines"]
    net = total_of(items, "total") + total_of(fees, "total")
    cart_tax = total_of(items, "total_tax") + total_of(fees, "total_tax")
    freight_tax = total_of(freight, "total_tax")
    order["discount_total"] = text(total_of(items, "subtotal") - total_of(items, "total"))
    order["discount_tax"] = text(_discount_tax(shop, order))
    order["shipping_total"] = text(total_of(freight, "total"))
    order["shipping_tax"] = text(freight_tax)
    order["cart_tax"] = text(cart_tax)
    order["total_tax"] = text(cart_tax + freight_tax)
    order["total"] = text(net + total_of(freight, "total") + cart_tax + freight_tax)


def _discount_tax(shop: Shop, order: Document) -> Decimal:
    """Unlike everything else this is rounded once, over all lines."""
    return sum(
        (
            (Decimal(line["subtotal"]) - Decimal(line["total"])) * Decimal(rate["rate"]) / 100
            for line in order["line_items"]
            for rate in rates_for(shop, order, line["tax_class"])
        ),
        Decimal(0),
    )


def _tax_lines(shop: Shop, order: Document, rates: list[Document]) -> list[Document]:
    kept = {line["rate_id"]: line["id"] for line in order["tax_lines"]}
    return [
        {
            "id": kept.get(rate["id"]) or shop.next_item(),
            "rate_code": _rate_code(rate),
            "rate_id": rate["id"],
            "label": rate["name"],
            "compound": rate["compound"],
            "tax_total": text(_tax_of(order["line_items"] + order["fee_lines"], rate)),
            "shipping_tax_total": text(_tax_of(order["shipping_lines"], rate)),
            "rate_percent": number(Decimal(rate["rate"])),
            "meta_data": [],
        }
        for rate in rates
    ]


def _rate_code(rate: Document) -> str:
    parts = [rate["country"], rate["state"], rate["name"], str(rate["priority"])]
    return "-".join(part for part in parts if part).upper()


def _tax_of(lines: list[Document], rate: Document) -> Decimal:
    shares = (tax for line in lines for tax in line["taxes"] if tax["id"] == rate["id"])
    return sum((Decimal(tax["total"]) for tax in shares), Decimal(0))


def number(amount: Decimal | float) -> Any:
    """Write a number as PHP's json_encode does: 24, not 24.0."""
    value = float(amount)
    return int(value) if value.is_integer() else value


def apply_coupon(order: Document, coupon: Document) -> list[Decimal]:
    """Lower the line totals by a coupon; return the discount each line got."""
    lines = order["line_items"]
    amount = Decimal(coupon["amount"])
    whole = total_of(lines, "total")
    left = min(amount, whole)
    given: list[Decimal] = []
    for at, line in enumerate(lines):
        total = Decimal(line["total"])
        if coupon["discount_type"] == "percent":
            off = cents(total * amount / 100)
        else:
            last = at == len(lines) - 1
            off = (
                left - sum(given) if last else cents(left * total / whole) if whole else Decimal(0)
            )
        given.append(off)
        line["total"] = text(total - off)
        line["price"] = number(float(total - off) / line["quantity"]) if line["quantity"] else 0
    return given
