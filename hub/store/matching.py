"""Matching: which variant each listing sells, by SKU or GTIN; what nothing tells waits."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update

from hub.domain.matching import gtin_key
from hub.records.catalogue import Listing, ListingKind, Mapping, Tracking
from hub.store import tables
from hub.store.catalogue import LandedListing
from hub.store.connections import Connected
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.lander import rows_by
from hub.store.ledger import new_stock_item
from hub.store.unit_of_work import Unit

_listing = tables.listing
_variant = tables.variant
MAPPING = "mapping"
"""The kind of decisions about which variant a listing sells."""


def map_new_listings(
    unit: Unit, connection: Connected, landed: Sequence[LandedListing]
) -> list[str]:
    """Map new listings by SKU, then by GTIN; the stock master's own make variants.

    Gives the ids mapped now. A listing of another channel that neither key names stays unmapped,
    for a person; so does one whose GTIN several variants have.
    """
    sellable = [item for item in landed if item.is_new and item.listing.kind != ListingKind.GROUP]
    by_sku = rows_by(unit, _variant, "sku", {_sku(connection, item) for item in sellable})
    taken = _skus_mapped_on(unit, connection.id)
    by_gtin = _by_gtin(unit, [item for item in sellable if _sku(connection, item) not in by_sku])
    mapped: list[str] = []
    for item in sellable:
        sku = _sku(connection, item)
        if sku in taken:
            continue  # two listings of one channel with one SKU: a person must say which
        known = by_sku.get(sku)
        variant_id = known.id if known else None
        named = by_gtin.get(gtin_key(item.listing.gtin)) if variant_id is None else None
        if named is not None and named.sku not in taken:
            variant_id, sku = named.id, named.sku
            told = f"no variant has its SKU; {named.sku} alone has its GTIN"
            keep_decision(unit, item.id, MAPPING, "mapped", {"sku": named.sku, "reasons": [told]})
        if variant_id is None and connection.stock_master:
            variant_id = _new_variant(unit, connection, item, sku)
        if variant_id is not None:
            set_mapping(unit, item.id, variant_id)
            mapped.append(item.id)
            taken.add(sku)
    return mapped


def _by_gtin(unit: Unit, items: Sequence[LandedListing]) -> dict[str, Any]:
    """Give the one variant for each GTIN of these listings; a GTIN of several names none."""
    keys = {key for item in items if (key := gtin_key(item.listing.gtin))}
    written = {key.zfill(length) for key in keys for length in (len(key), 8, 12, 13, 14)}
    found: dict[str, list[Any]] = {}
    texts = sorted(written)
    for start in range(0, len(texts), 500):
        query = select(_variant.c.id, _variant.c.sku, _variant.c.gtin).where(
            _variant.c.gtin.in_(texts[start : start + 500])
        )
        for row in unit.execute(query):
            found.setdefault(gtin_key(row.gtin), []).append(row)
    return {key: rows[0] for key, rows in found.items() if len(rows) == 1}


def _sku(connection: Connected, item: LandedListing) -> str:
    return item.listing.sku or f"{connection.code}-{item.listing.external_id}"


def _skus_mapped_on(unit: Unit, connection_id: str) -> set[str]:
    query = (
        select(_variant.c.sku)
        .join(_listing, _listing.c.variant_id == _variant.c.id)
        .where(_listing.c.connection_id == connection_id)
    )
    return set(unit.execute(query).scalars())


def _new_variant(unit: Unit, connection: Connected, item: LandedListing, sku: str) -> str:
    shown = item.listing
    variant_id = new_id()
    unit.execute(
        _variant.insert().values(
            id=variant_id, sku=sku, title=shown.title, gtin=shown.gtin, weight_g=shown.weight_g,
            stock_item_id=_stock_item_for(unit, connection.id, shown), created_at=unit.now,
        )
    )  # fmt: skip
    return variant_id


def _stock_item_for(unit: Unit, connection_id: str, shown: Listing) -> str:
    if shown.tracking == Tracking.PARENT and shown.parent_external_id:
        return _shared_item(unit, connection_id, shown.parent_external_id)
    return new_stock_item(unit, tracked=shown.tracking == Tracking.COUNTED)


def _shared_item(unit: Unit, connection_id: str, parent_external_id: str) -> str:
    """Variations whose parent counts the stock sell from one pool: the first one's item."""
    siblings = (
        select(_variant.c.stock_item_id)
        .join(_listing, _listing.c.variant_id == _variant.c.id)
        .where(_listing.c.connection_id == connection_id,
               _listing.c.parent_external_id == parent_external_id,
               _listing.c.tracking == Tracking.PARENT.value)
    )  # fmt: skip
    shared = unit.execute(siblings).scalars().first()
    return shared or new_stock_item(unit, tracked=True)


def set_mapping(unit: Unit, listing_id: str, variant_id: str) -> None:
    """Say which variant a listing sells."""
    unit.execute(
        update(_listing)
        .where(_listing.c.id == listing_id)
        .values(variant_id=variant_id, mapping=Mapping.MAPPED.value)
    )


def map_followers(unit: Unit, mapped_now: Sequence[str]) -> list[tuple[str, str]]:
    """Map listings of other channels that waited for the variants of these listings, by SKU.

    Gives (listing id, connection id). Two listings of one channel with one SKU stay for a person.
    """
    other = _listing.alias()
    alone: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for start in range(0, len(mapped_now), 500):
        query = (
            select(other.c.id, other.c.connection_id, _variant.c.id.label("variant_id"))
            .join(_variant, _variant.c.sku == other.c.sku)
            .join(_listing, _listing.c.variant_id == _variant.c.id)
            .where(
                _listing.c.id.in_(mapped_now[start : start + 500]),
                other.c.connection_id != _listing.c.connection_id,
                other.c.variant_id.is_(None),
                other.c.kind != ListingKind.GROUP.value,
            )
        )
        for row in unit.execute(query):
            slot = alone.setdefault((row.connection_id, row.variant_id), [])
            slot.append((row.id, row.variant_id))
    followers = [
        (slot[0], connection_id)
        for (connection_id, variant_id), slot in alone.items()
        if len(slot) == 1 and not _sells(unit, connection_id, variant_id)
    ]
    for (listing_id, variant_id), _ in followers:
        set_mapping(unit, listing_id, variant_id)
    return [(listing_id, connection_id) for (listing_id, _), connection_id in followers]


def _sells(unit: Unit, connection_id: str, variant_id: str) -> bool:
    query = select(_listing.c.id).where(
        _listing.c.connection_id == connection_id, _listing.c.variant_id == variant_id
    )
    return unit.execute(query).first() is not None


def names_by_sku(sku: str | None) -> ColumnElement[bool]:
    """Match order lines of shops without listings, which name this SKU."""
    line, order = tables.order_line, tables.sales_order
    shops = select(_listing.c.connection_id)
    return (line.c.sku == (sku or "")) & (line.c.sku != "") & order.c.connection_id.not_in(shops)


def awaited_by_lines(unit: Unit, mapped: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give those of these (listing id, connection id) that an order line without an item names."""
    line, order = tables.order_line, tables.sales_order
    awaited: set[str] = set()
    for start in range(0, len(mapped), 500):
        query = (
            select(_listing.c.id)
            .distinct()
            .join(order, order.c.connection_id == _listing.c.connection_id)
            .join(line, line.c.order_id == order.c.id)
            .where(
                _listing.c.id.in_([listing_id for listing_id, _ in mapped[start : start + 500]]),
                line.c.listing_external_id == _listing.c.external_id,
                line.c.stock_item_id.is_(None),
            )
        )
        awaited.update(unit.execute(query).scalars())
        by_sku = (
            select(_listing.c.id)
            .distinct()
            .join(_variant, _variant.c.id == _listing.c.variant_id)
            .join(line, line.c.sku == _variant.c.sku)
            .join(order, order.c.id == line.c.order_id)
            .where(
                _listing.c.id.in_([listing_id for listing_id, _ in mapped[start : start + 500]]),
                line.c.stock_item_id.is_(None),
                order.c.connection_id.not_in(select(_listing.c.connection_id)),
            )
        )
        awaited.update(unit.execute(by_sku).scalars())
    return [one for one in mapped if one[0] in awaited]
