"""Stock as people ask for it: per variant, per location, per movement, and what nobody mapped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from hub.records.catalogue import ListingKind
from hub.records.catalogue import Mapping as Mapped
from hub.store import tables
from hub.store.offering import salable

_variant = tables.variant
_promise = tables.stock_promise
_listing = tables.listing


@dataclass(frozen=True)
class StockRow:
    """One variant and how many units of it there are; `available` is what may be sold now."""

    sku: str
    title: str
    tracked: bool
    on_hand: int
    reserved: int
    allocated: int
    available: int
    listings: int


def list_stock(database: Connection, below: int | None = None, limit: int = 1000) -> list[StockRow]:
    """Give variants by SKU; with `below`, only counted ones with fewer available units."""
    free = _promise.c.sellable - _promise.c.reserved - _promise.c.allocated
    query = _stock().order_by(_variant.c.sku).limit(limit)
    if below is not None:
        query = query.where(_promise.c.tracked, free < below)
    rows = database.execute(query).all()
    free_now = salable(database, {row.stock_item_id for row in rows})
    return [_row(row, free_now[row.stock_item_id]) for row in rows]


def _stock() -> Select:
    shown = (
        select(func.count())
        .where(_listing.c.variant_id == _variant.c.id)
        .correlate(_variant)
        .scalar_subquery()
    )
    level = tables.stock_level
    on_hand = (
        select(func.coalesce(func.sum(level.c.on_hand), 0))
        .where(level.c.stock_item_id == _variant.c.stock_item_id)
        .correlate(_variant)
        .scalar_subquery()
    )
    return select(
        _variant.c.sku, _variant.c.title, _promise, shown.label("listings"),
        on_hand.label("on_hand"),
    ).join(_promise, _promise.c.stock_item_id == _variant.c.stock_item_id)  # fmt: skip


def _row(row: Row[Any], available: int) -> StockRow:
    return StockRow(
        sku=row.sku, title=row.title, tracked=row.tracked, on_hand=row.on_hand,
        reserved=row.reserved, allocated=row.allocated, listings=row.listings, available=available,
    )  # fmt: skip


@dataclass(frozen=True)
class LevelRow:
    """Units of one variant at one location; `unsellable` are those in buckets, named beside."""

    location: str
    on_hand: int
    allocated: int
    unsellable: int = 0
    buckets: Mapping[str, int] = field(default_factory=dict)
    bin: str = ""


@dataclass(frozen=True)
class OfferRow:
    """What one channel shows of a variant, and what the hub wishes it to show."""

    connection: str
    external_id: str
    observed: int | None
    confirmed: str
    open: bool
    """The newest number is not confirmed yet."""
    problem: str


@dataclass(frozen=True)
class MovementRow:
    """One line of the physical ledger."""

    at: datetime
    kind: str
    quantity: int
    from_account: str
    to_account: str
    reason: str
    id: str = ""


@dataclass(frozen=True)
class StockDetail:
    """One variant with the ledger rows that add up to its numbers."""

    stock: StockRow
    levels: tuple[LevelRow, ...]
    offers: tuple[OfferRow, ...]
    movements: tuple[MovementRow, ...]


def stock_detail(database: Connection, sku: str, movements: int = 20) -> StockDetail | None:
    """Give one variant's stock in full, its newest movements first; None when there is none."""
    item = database.execute(select(_variant.c.stock_item_id).where(_variant.c.sku == sku)).scalar()
    if item is None:
        return None
    available = salable(database, {item})[item]
    stock = _row(database.execute(_stock().where(_variant.c.sku == sku)).one(), available)
    moved = _movements(database, item, movements)
    return StockDetail(stock, _levels(database, item), _offers(database, sku), moved)


def _levels(database: Connection, item: str) -> tuple[LevelRow, ...]:
    level, place, lies = tables.stock_level, tables.location, tables.stock_bin
    rows = database.execute(
        select(place.c.code, level, lies.c.code.label("bin"))
        .join(place, place.c.id == level.c.location_id)
        .outerjoin(lies, (lies.c.stock_item_id == level.c.stock_item_id)
                   & (lies.c.location_id == level.c.location_id))
        .where(level.c.stock_item_id == item)
        .order_by(place.c.priority, place.c.code)
    )  # fmt: skip
    aside: dict[str, dict[str, int]] = {}
    held = tables.stock_bucket
    for row in database.execute(
        select(held).where(held.c.stock_item_id == item, held.c.units > 0).order_by(held.c.bucket)
    ):
        aside.setdefault(row.location_id, {})[row.bucket] = row.units
    return tuple(
        LevelRow(
            row.code, row.on_hand, row.allocated, row.unsellable, aside.get(row.location_id, {}),
            row.bin or "",
        )
        for row in rows
    )  # fmt: skip


def _offers(database: Connection, sku: str) -> tuple[OfferRow, ...]:
    desired, shop = tables.desired, tables.connection
    rows = database.execute(
        select(shop.c.code, _listing.c.external_id, _listing.c.observed_quantity,
               desired.c.confirmed_value, desired.c.problem,
               desired.c.confirmed_version, desired.c.desired_version)
        .join(_variant, _variant.c.id == _listing.c.variant_id)
        .join(shop, shop.c.id == _listing.c.connection_id)
        .outerjoin(desired, (desired.c.target == _listing.c.id) & (desired.c.field == "stock"))
        .where(_variant.c.sku == sku)
        .order_by(shop.c.code)
    )  # fmt: skip
    return tuple(
        OfferRow(
            row.code, row.external_id, row.observed_quantity, row.confirmed_value or "",
            row.desired_version is not None and row.confirmed_version < row.desired_version,
            row.problem or "",
        )
        for row in rows
    )  # fmt: skip


def _movements(database: Connection, item: str, limit: int) -> tuple[MovementRow, ...]:
    moved = tables.stock_movement
    rows = database.execute(
        select(moved.c.at, moved.c.kind, moved.c.quantity, moved.c.from_account,
               moved.c.to_account, moved.c.reason, moved.c.id)
        .where(moved.c.stock_item_id == item)
        .order_by(moved.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    names = _names(database)
    return tuple(
        MovementRow(
            row.at, row.kind, row.quantity, _spoken(row.from_account, names),
            _spoken(row.to_account, names), row.reason, row.id,
        )
        for row in rows
    )  # fmt: skip


def _names(database: Connection) -> dict[str, str]:
    place, way = tables.location, tables.transfer
    places = database.execute(select(place.c.id, place.c.code))
    return {row.id: row.code for row in places} | {
        row.id: row.number for row in database.execute(select(way.c.id, way.c.number))
    }


def _spoken(account: str, names: Mapping[str, str]) -> str:
    """Name an account as people do: location:EAST:damaged, transit:T-1001."""
    return ":".join(names.get(part, part) for part in account.split(":"))


@dataclass(frozen=True)
class LocationRow:
    """A place that keeps stock."""

    code: str
    title: str
    state: str
    country: str
    priority: int
    street: str
    city: str
    region: str
    postal_code: str
    kind: str
    label_when: str
    units: int


def list_locations(database: Connection) -> list[LocationRow]:
    """Give the places that keep stock, the one that ships first at the top."""
    place, level = tables.location, tables.stock_level
    units = select(func.coalesce(func.sum(level.c.on_hand), 0)).where(
        level.c.location_id == place.c.id
    )
    rows = database.execute(
        select(place.c.code, place.c.title, place.c.state, place.c.country, place.c.priority,
               place.c.street, place.c.city, place.c.region, place.c.postal_code, place.c.kind,
               place.c.label_when, units.correlate(place).scalar_subquery())
        .order_by(place.c.priority, place.c.code)
    )  # fmt: skip
    return [LocationRow(*tuple(row)) for row in rows]


@dataclass(frozen=True)
class UnmappedRow:
    """A listing that can be sold and of which nobody knows what it is here."""

    connection: str
    external_id: str
    sku: str
    title: str
    waiting_lines: int


def list_unmapped(database: Connection, limit: int = 1000) -> list[UnmappedRow]:
    """Give listings without a variant, those that order lines wait for first."""
    shop, line, order = tables.connection, tables.order_line, tables.sales_order
    waiting = (
        select(func.count())
        .select_from(line.join(order, order.c.id == line.c.order_id))
        .where(line.c.listing_external_id == _listing.c.external_id,
               order.c.connection_id == _listing.c.connection_id,
               line.c.stock_item_id.is_(None), line.c.is_kit.is_(False),
               line.c.quantity > line.c.cancelled + line.c.shipped)
        .correlate(_listing)
        .scalar_subquery()
        .label("waiting")
    )  # fmt: skip
    rows = database.execute(
        select(shop.c.code, _listing.c.external_id, _listing.c.sku, _listing.c.title, waiting)
        .join(shop, shop.c.id == _listing.c.connection_id)
        .where(_listing.c.mapping == Mapped.UNMAPPED.value,
               _listing.c.kind != ListingKind.GROUP.value)
        .order_by(waiting.desc(), shop.c.code, _listing.c.external_id)
        .limit(limit)
    )  # fmt: skip
    return [UnmappedRow(*row) for row in rows]
