"""Listings and variants: what channels show, and which variant each listing sells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from hub.records.catalogue import Listing, ListingKind, Mapping, Tracking
from hub.store import tables
from hub.store.connections import Connected
from hub.store.ids import new_id
from hub.store.lander import instant_text, land, rows_by
from hub.store.ledger import new_stock_item
from hub.store.unit_of_work import Unit

LISTING = "listing"

_listing = tables.listing
_variant = tables.variant


@dataclass(frozen=True)
class LandedListing:
    """A listing that was written, and whether it is new."""

    id: str
    listing: Listing
    is_new: bool


_COLUMNS = (
    "id", "connection_id", "external_id", "parent_external_id", "kind", "state", "sku", "gtin",
    "title", "price_minor", "currency", "weight_g", "tracking", "observed_quantity", "observed_at",
    "variant_id", "mapping",
)  # fmt: skip
_LINK = ("connection_id", "kind", "external_id", "hub_id", "digest", "version")


def land_listings(
    unit: Unit, connection_id: str, listings: Sequence[tuple[Listing, bytes]]
) -> list[LandedListing]:
    """Write a page of (listing, digest of its raw bytes); mapping is kept as it was."""
    known = rows_by(
        unit, _listing, "external_id", [listing.external_id for listing, _ in listings],
        connection_id=connection_id,
    )  # fmt: skip
    landed = []
    for listing, _ in listings:
        row = known.get(listing.external_id)
        landed.append(LandedListing(row.id if row else new_id(), listing, row is None))
    now = instant_text(unit.now)
    rows = [
        (item.id, connection_id, shown.external_id, shown.parent_external_id, shown.kind.value,
         shown.state.value, shown.sku, shown.gtin, shown.title, shown.price_minor, shown.currency,
         shown.weight_g, shown.tracking.value, shown.quantity, now, None, Mapping.UNMAPPED.value)
        for item in landed
        if (shown := item.listing)
    ]  # fmt: skip
    land(unit, _listing, _COLUMNS, rows, keep=("variant_id", "mapping"))
    links = [
        (connection_id, LISTING, listing.external_id, item.id, digest,
         instant_text(listing.updated_at))
        for item, (listing, digest) in zip(landed, listings, strict=True)
    ]  # fmt: skip
    land(unit, tables.link, _LINK, links)
    return landed


def map_new_listings(
    unit: Unit, connection: Connected, landed: Sequence[LandedListing]
) -> list[str]:
    """Map new listings by SKU; the stock master's own make variants. Gives the ids mapped now.

    A listing of another channel whose SKU no variant has stays unmapped, for a person.
    """
    sellable = [item for item in landed if item.is_new and item.listing.kind != ListingKind.GROUP]
    by_sku = rows_by(unit, _variant, "sku", {_sku(connection, item) for item in sellable})
    taken = _skus_mapped_on(unit, connection.id)
    mapped: list[str] = []
    for item in sellable:
        sku = _sku(connection, item)
        if sku in taken:
            continue  # two listings of one channel with one SKU: a person must say which
        known = by_sku.get(sku)
        variant_id = known.id if known else None
        if variant_id is None and connection.stock_master:
            variant_id = _new_variant(unit, connection, item, sku)
        if variant_id is not None:
            set_mapping(unit, item.id, variant_id)
            mapped.append(item.id)
            taken.add(sku)
    return mapped


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


# Built once, because it is asked with every page.
_ITEMS = (
    select(_listing.c.external_id, _variant.c.stock_item_id)
    .join(_variant, _variant.c.id == _listing.c.variant_id)
    .where(_listing.c.connection_id == bindparam("shop"),
           _listing.c.external_id.in_(bindparam("wanted", expanding=True)))
)  # fmt: skip


def items_by_listing(unit: Unit, connection_id: str, external_ids: Iterable[str]) -> dict[str, str]:
    """Give the stock item behind each of these listings, where it is mapped."""
    wanted = list(set(external_ids))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        given = {"shop": connection_id, "wanted": wanted[start : start + 500]}
        rows = unit.connection.execute(_ITEMS, given)
        found.update((row.external_id, row.stock_item_id) for row in rows)
    return found


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
    return [one for one in mapped if one[0] in awaited]


def items_of_listings(unit: Unit, listing_ids: Sequence[str]) -> set[str]:
    """Give the stock items that these mapped listings sell."""
    items: set[str] = set()
    for start in range(0, len(listing_ids), 500):
        query = (
            select(_variant.c.stock_item_id)
            .join(_listing, _listing.c.variant_id == _variant.c.id)
            .where(_listing.c.id.in_(listing_ids[start : start + 500]))
        )
        items.update(unit.execute(query).scalars())
    return items


@dataclass(frozen=True)
class Offer:
    """A listing that sells from a stock item and can show its quantity."""

    listing_id: str
    connection_id: str
    external_id: str
    parent_external_id: str | None
    stock_item_id: str


def offers_of(connection: Connection, items: Iterable[str]) -> list[Offer]:
    """Give every listing that shows the quantity of one of these stock items."""
    query = _offers().where(_variant.c.stock_item_id.in_(list(items)))
    return [Offer(*row) for row in connection.execute(query)]


def offers_on(connection: Connection, connection_id: str) -> list[Offer]:
    """Give every counted, mapped listing of one connection."""
    query = _offers().where(_listing.c.connection_id == connection_id)
    return [Offer(*row) for row in connection.execute(query)]


def _offers() -> Select[Any]:
    return (
        select(_listing.c.id, _listing.c.connection_id, _listing.c.external_id,
               _listing.c.parent_external_id, _variant.c.stock_item_id)
        .join(_variant, _variant.c.id == _listing.c.variant_id)
        .where(_listing.c.tracking == Tracking.COUNTED.value)
        .order_by(_listing.c.id)
    )  # fmt: skip


def observe_stock(unit: Unit, connection_id: str, quantities: dict[str, int | None]) -> None:
    """Record what a channel was seen to show, by external id."""
    for external_id, quantity in quantities.items():
        unit.execute(
            update(_listing)
            .where(_listing.c.connection_id == connection_id, _listing.c.external_id == external_id)
            .values(observed_quantity=quantity, observed_at=unit.now)
        )
