"""A WooCommerce product or variation, translated to the hub's listing. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from hub.sdk import ListingKind, ListingState, MappingError, MoneyError, Tracking, to_minor
from hub_woocommerce import wire
from hub_woocommerce.home import ANYWHERE, Home
from hub_woocommerce.mapping import instant
from hub_woocommerce.text import plain

GRAMS: Mapping[str, Decimal] = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lbs": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
"""Grams of each weight unit a shop can be set to (international avoirdupois units, exact)."""

_product = wire.decoder(wire.Product)


def to_listing(raw: bytes, weight_unit: str = "kg", home: Home = ANYWHERE) -> dict[str, Any]:
    """Translate one raw product or variation; raises `MappingError`, also for another shop's."""
    product, _ = wire.decode(_product, raw)
    home.refuse_foreign(product.links)
    added = product.hub or wire.Context()
    parent_id = added.parent.id if added.parent else product.parent_id
    tracking = _tracking(product.manage_stock)
    modified = product.date_modified_gmt or product.date_created_gmt
    if modified is None:
        raise MappingError("date_modified_gmt", "", "missing")
    return {
        "external_id": str(product.id),
        "parent_external_id": str(parent_id) if parent_id else None,
        "kind": _kind(product.type or ""),
        "state": _state(product, added.parent),
        "sku": product.sku or "",
        "gtin": product.global_unique_id or "",
        "title": _title(product, added.parent),
        "price_minor": _price(product.price, added.currency),
        "currency": added.currency,
        "weight_g": _grams(product.weight, weight_unit),
        "tracking": tracking,
        "quantity": None if tracking is Tracking.NOT_TRACKED else product.stock_quantity,
        "updated_at": instant(modified),
    }


def has_variations(product: wire.Product) -> bool:
    """Tell whether a product is sold through variations ("variable", "variable-subscription")."""
    return (product.type or "").startswith("variable")


def _kind(kind: str) -> ListingKind:
    if kind.endswith("variation"):
        return ListingKind.VARIATION
    if kind == "grouped" or kind.startswith("variable"):
        return ListingKind.GROUP
    return ListingKind.SINGLE


def _state(product: wire.Product, parent: wire.Parent | None) -> ListingState:
    statuses = {product.status, parent.status if parent else "publish"}
    visibilities = {product.catalog_visibility, parent.catalog_visibility if parent else "visible"}
    if "trash" in statuses:
        return ListingState.ENDED
    live = statuses == {"publish"} and "hidden" not in visibilities
    return ListingState.LIVE if live else ListingState.PAUSED


def _tracking(manage_stock: bool | str | None) -> Tracking:
    if manage_stock == "parent":
        return Tracking.PARENT
    return Tracking.COUNTED if manage_stock is True else Tracking.NOT_TRACKED


def _title(product: wire.Product, parent: wire.Parent | None) -> str:
    own = plain(product.name)
    whole = plain(parent.name) if parent else ""
    return f"{whole} - {own}" if whole and own and not own.startswith(whole) else own or whole


def _price(text: str | None, currency: str | None) -> int | None:
    if not text or currency is None:
        return None
    try:
        return to_minor(text, currency)
    except MoneyError as error:
        raise MappingError("price", text, str(error)) from None


def _grams(text: str | None, unit: str) -> int | None:
    if not text:
        return None
    try:
        grams = Decimal(text) * GRAMS[unit]
    except InvalidOperation:
        raise MappingError("weight", text, "not a weight") from None
    if not grams.is_finite() or not 0 <= grams <= 10**9:
        raise MappingError("weight", text, "not a weight")
    return int(grams.to_integral_value(ROUND_HALF_UP))
