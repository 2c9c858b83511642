"""Pulls orders, and products with their variations, page by page."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from hub.sdk import MappingError, Page
from hub_woocommerce import wire
from hub_woocommerce.client import Sheet, Shop
from hub_woocommerce.listings import has_variations
from hub_woocommerce.walk import Look, advance, cursor_text, paced, query, read_cursor

Items: TypeAlias = tuple[bytes, ...]

FAMILIES_AT_ONCE = 10
"""Products whose variations are read for one page: each costs a call, and a page may not dawdle."""


class _Stamp(msgspec.Struct):
    date_modified_gmt: str | None = None


_stamp = msgspec.json.Decoder(_Stamp)
_product = wire.decoder(wire.Product)


def orders(shop: Shop, cursor: str | None) -> Iterator[Page]:
    """Yield orders changed since the cursor, oldest change first."""
    return _walk(shop, "orders", cursor, lambda items: iter([items]))


def products(shop: Shop, cursor: str | None, currency: Callable[[], str | None]) -> Iterator[Page]:
    """Yield products changed since the cursor, each followed by all its variations.

    A changed variation moves its product's date, so products alone need to be watched.
    """

    def with_variations(items: Items) -> Iterator[Items]:
        prices_in = currency() if items else None
        for start in range(0, len(items), FAMILIES_AT_ONCE):
            some = items[start : start + FAMILIES_AT_ONCE]
            yield tuple(each for raw in some for each in _family(shop, raw, prices_in))

    return _walk(shop, "products", cursor, with_variations)


def _walk(
    shop: Shop,
    path: str,
    cursor: str | None,
    portions: Callable[[Items], Iterator[Items]],
) -> Iterator[Page]:
    """Yield each sheet in portions; until its last portion the cursor stays before the sheet."""
    place, last = read_cursor(cursor), False
    before = cursor_text(place)
    while not last:
        place = paced(place, shop.pace.size)
        sheet = shop.sheet(path, {"status": "any", **query(place)})
        look = Look([_modified(raw) for raw in sheet.items], sheet.total, sheet.now)
        total = _first(place.total, sheet)
        place, last = advance(place, look)
        waiting: Items = ()
        for portion in portions(sheet.items):
            if waiting:
                yield Page(waiting, before, False, total)
            waiting = portion
        before = cursor_text(place)
        yield Page(waiting, before, last, total)


def _first(total: int | None, sheet: Sheet) -> int | None:
    return sheet.total if total is None else total


def _modified(raw: bytes) -> str | None:
    try:
        return _stamp.decode(raw).date_modified_gmt
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the record itself will say what is wrong when it is mapped


def _family(shop: Shop, raw: bytes, currency: str | None) -> Iterator[bytes]:
    yield wire.with_context(raw, wire.Context(currency))
    try:
        product, _ = wire.decode(_product, raw)
    except MappingError:
        return  # it lands beside, with its reason; so do its variations once it is readable
    if not has_variations(product):
        return
    parent = wire.Parent(
        product.id, product.name or "", product.status or "", product.catalog_visibility or ""
    )
    for variation in shop.all(f"products/{product.id}/variations", {}):
        yield wire.with_context(variation, wire.Context(currency, parent))
