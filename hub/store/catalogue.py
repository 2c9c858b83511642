"""Listings and variants: what channels show, and which variant each listing sells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from hub.records.catalogue import Listing, ListingState, Mapping, Tracking
from hub.store import tables
from hub.store.ids import new_id
from hub.store.lander import instant_text, land, rows_by
from hub.store.unit_of_work import Unit

LISTING = "listing"

_listing = tables.listing
_variant = tables.variant
_promise = tables.stock_promise


@dataclass(frozen=True)
class LandedListing:
    """A listing that was written, and whether it is new."""

    id: str
    listing: Listing
    is_new: bool
    revived: bool = False
    """It had ended, and is shown again."""


_COLUMNS = (
    "id", "connection_id", "external_id", "parent_external_id", "kind", "state", "sku", "gtin",
    "title", "price_minor", "currency", "weight_g", "tracking", "observed_quantity", "observed_at",
    "variant_id", "mapping",
)  # fmt: skip
_LINK = ("connection_id", "kind", "external_id", "hub_id", "digest", "version", "deleted_at")
_ENDED = ListingState.ENDED.value


def land_listings(
    unit: Unit, connection_id: str, listings: Sequence[tuple[Listing, bytes]]
) -> list[LandedListing]:
    """Write a page of (listing, digest of its raw bytes); mapping is kept as it was."""
    known = rows_by(
        unit, _listing, "external_id", [listing.external_id for listing, _ in listings],
        connection_id=connection_id,
    )  # fmt: skip
    listings = _not_stale(unit, connection_id, listings)
    landed = []
    for listing, _ in listings:
        row = known.get(listing.external_id)
        revived = row is not None and row.state == _ENDED and listing.state.value != _ENDED
        landed.append(LandedListing(row.id if row else new_id(), listing, row is None, revived))
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
         instant_text(listing.updated_at), None)
        for item, (listing, digest) in zip(landed, listings, strict=True)
    ]  # fmt: skip
    land(unit, tables.link, _LINK, links)
    return landed


def _not_stale(
    unit: Unit, connection_id: str, listings: Sequence[tuple[Listing, bytes]]
) -> list[tuple[Listing, bytes]]:
    """Leave out listings that are older than what has landed of them."""
    ids = [listing.external_id for listing, _ in listings]
    links = rows_by(
        unit,
        tables.link,
        "external_id",
        ids,
        ("external_id", "version", "deleted_at"),
        connection_id=connection_id,
        kind=LISTING,
    )
    return [
        (listing, digest)
        for listing, digest in listings
        if listing.external_id not in links
        or _is_newer(links[listing.external_id], instant_text(listing.updated_at))
    ]


def _is_newer(link: Any, version: str) -> bool:
    """What was deleted comes back by a newer version only; else the same one is as good."""
    return bool(link.version < version or (link.version == version and link.deleted_at is None))


# Built once, because it is asked with every page.
_ITEMS = (
    select(_listing.c.external_id, _variant.c.stock_item_id)
    .join(_variant, _variant.c.id == _listing.c.variant_id)
    .where(_listing.c.connection_id == bindparam("shop"),
           _variant.c.kind != "kit",  # its components carry the stock
           _listing.c.external_id.in_(bindparam("wanted", expanding=True)))
)  # fmt: skip


def items_by_listing(unit: Unit, connection_id: str, external_ids: Iterable[str]) -> dict[str, str]:
    """Give the stock item behind each of these listings, where there is one; a kit has none."""
    wanted = list(set(external_ids))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        given = {"shop": connection_id, "wanted": wanted[start : start + 500]}
        rows = unit.connection.execute(_ITEMS, given)
        found.update((row.external_id, row.stock_item_id) for row in rows)
    return found


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
    """A listing that shows the quantity of a stock item: its own, or the pool of its variations."""

    listing_id: str
    connection_id: str
    external_id: str
    parent_external_id: str | None
    stock_item_id: str


def offers_of(connection: Connection, items: Iterable[str]) -> list[Offer]:
    """Give every listing that shows the quantity of one of these stock items."""
    wanted = list(items)
    own = _own_offers().where(_variant.c.stock_item_id.in_(wanted))
    pools = _pools().having(func.min(_variant.c.stock_item_id).in_(wanted))
    return [Offer(*row) for query in (own, pools) for row in connection.execute(query)]


def offers_on(connection: Connection, connection_id: str) -> list[Offer]:
    """Give every counted, mapped listing of one connection, a pool once."""
    own = _own_offers().where(_listing.c.connection_id == connection_id)
    pools = _pools().where(_listing.c.connection_id == connection_id)
    return [Offer(*row) for query in (own, pools) for row in connection.execute(query)]


def offers_by_id(connection: Connection, listing_ids: Sequence[str]) -> list[Offer]:
    """Give those of these listings that show the quantity of a stock item."""
    own = _own_offers().where(_listing.c.id.in_(listing_ids))
    pools = _pools().where(_parent.c.id.in_(listing_ids))
    return [Offer(*row) for query in (own, pools) for row in connection.execute(query)]


_parent = _listing.alias("parent")


def _pools() -> Select[Any]:
    """Parents that count for their variations, where all of these sell one and the same item."""
    pooled = (_parent.c.connection_id == _listing.c.connection_id) & (
        _parent.c.external_id == _listing.c.parent_external_id
    )
    item = func.min(_variant.c.stock_item_id)
    return (
        select(_parent.c.id, _parent.c.connection_id, _parent.c.external_id,
               _parent.c.parent_external_id, item)
        .select_from(_listing)
        .join(_parent, pooled)
        .join(_variant, _variant.c.id == _listing.c.variant_id)
        .join(_promise, _promise.c.stock_item_id == _variant.c.stock_item_id)
        .where(_listing.c.tracking == Tracking.PARENT.value, _promise.c.tracked,
               _parent.c.tracking == Tracking.COUNTED.value, _still_shown(_parent))
        .group_by(_parent.c.id)
        .having(item == func.max(_variant.c.stock_item_id))
        .order_by(_parent.c.id)
    )  # fmt: skip


def _still_shown(listing: Any) -> Any:
    return listing.c.state != ListingState.ENDED.value


def _own_offers() -> Select[Any]:
    # of what nobody counts the hub knows no number: 0 would take it off the shelf
    return (
        select(_listing.c.id, _listing.c.connection_id, _listing.c.external_id,
               _listing.c.parent_external_id, _variant.c.stock_item_id)
        .join(_variant, _variant.c.id == _listing.c.variant_id)
        .join(_promise, _promise.c.stock_item_id == _variant.c.stock_item_id)
        .where(_listing.c.tracking == Tracking.COUNTED.value, _promise.c.tracked,
               _still_shown(_listing))
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
