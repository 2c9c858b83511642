"""Work in the stockroom as people ask for it: transfers, counts, supply, kits, bins, lists."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from hub.domain.availability import atp, published
from hub.domain.kits import whole_kits
from hub.store import tables
from hub.store.incoming import supply_of
from hub.store.kits import all_parts, kit_needs
from hub.store.offering import salable, standings
from hub.store.stock_names import item_of, skus_of

_place = tables.location
_variant = tables.variant


@dataclass(frozen=True)
class TransferRow:
    """Units of one item in a transfer."""

    number: str
    source: str
    target: str
    sku: str
    sent: int
    received: int
    missing: int
    expected_at: datetime
    closed: bool


def list_transfers(
    database: Connection, number: str = "", closed: bool = False
) -> list[TransferRow]:
    """Give open transfers line by line, the oldest first; one by its number; or all."""
    head, line = tables.transfer, tables.transfer_line
    target = _place.alias()
    query = (
        select(head, line, _place.c.code.label("source"), target.c.code.label("target"))
        .join(line, line.c.transfer_id == head.c.id)
        .join(_place, _place.c.id == head.c.from_location_id)
        .join(target, target.c.id == head.c.to_location_id)
        .order_by(head.c.id)
    )
    if number:
        query = query.where(head.c.number == number)
    elif not closed:
        query = query.where(head.c.closed_at.is_(None))
    rows = database.execute(query).all()
    skus = skus_of(database, {row.stock_item_id for row in rows})
    return [
        TransferRow(
            row.number, row.source, row.target, skus.get(row.stock_item_id, ""), row.sent,
            row.received, row.missing, row.expected_at, row.closed_at is not None,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class CountRow:
    """One item of a count. The books are shown to nobody who has still to count."""

    number: str
    location: str
    sku: str
    bin: str
    state: str
    counted: tuple[int, ...]
    variance: int
    approved_by: str


def list_counts(database: Connection, number: str = "", closed: bool = False) -> list[CountRow]:
    """Give what is to be counted, recounted or approved, in walking order; or one whole count."""
    head, line, lies, bins = (
        tables.stock_count, tables.stock_count_line, tables.stock_bin, tables.bin,
    )  # fmt: skip
    here = (lies.c.stock_item_id == line.c.stock_item_id) & (
        lies.c.location_id == line.c.location_id
    )
    query = (
        select(head.c.number, _place.c.code.label("location"), line, lies.c.code.label("bin"))
        .join(line, line.c.count_id == head.c.id)
        .join(_place, _place.c.id == head.c.location_id)
        .outerjoin(lies, here)
        .outerjoin(bins, (bins.c.location_id == lies.c.location_id) & (bins.c.code == lies.c.code))
        .order_by(head.c.id, bins.c.walk, line.c.id)
    )
    if number:
        query = query.where(head.c.number == number)
    elif not closed:
        query = query.where(line.c.state.not_in(["booked", "left"]), head.c.closed_at.is_(None))
    rows = database.execute(query).all()
    skus = skus_of(database, {row.stock_item_id for row in rows})
    return [
        CountRow(
            row.number, row.location, skus.get(row.stock_item_id, ""), row.bin or "", row.state,
            tuple(entry["counted"] for entry in row.entries), row.variance, row.approved_by,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class IncomingRow:
    """Units that somebody has promised to bring."""

    sku: str
    location: str
    units: int
    expected_at: datetime
    confidence: int
    source: str


def list_incoming(database: Connection, sku: str = "") -> list[IncomingRow]:
    """Give what is still to come, the earliest first."""
    row_ = tables.incoming
    query = (
        select(row_, _place.c.code)
        .join(_place, _place.c.id == row_.c.location_id)
        .where(row_.c.closed_at.is_(None), row_.c.quantity > row_.c.received)
        .order_by(row_.c.expected_at, row_.c.id)
    )
    if sku:
        query = query.where(row_.c.stock_item_id == item_of(database, sku))
    rows = database.execute(query).all()
    skus = skus_of(database, {row.stock_item_id for row in rows})
    return [
        IncomingRow(
            skus.get(row.stock_item_id, ""), row.code, row.quantity - row.received,
            row.expected_at, row.confidence, row.source,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class KitRow:
    """A variant that is made of others."""

    sku: str
    title: str
    put_together: str
    components: dict[str, int]
    available: int


def list_kits(database: Connection) -> list[KitRow]:
    """Give every variant with components, and how many of it may be sold."""
    part = tables.kit_component
    made = select(part.c.kit_variant_id)
    rows = database.execute(
        select(_variant).where(_variant.c.id.in_(made)).order_by(_variant.c.sku)
    ).all()
    skus = {row.id: row.sku for row in database.execute(select(_variant.c.id, _variant.c.sku))}
    units: dict[str, dict[str, int]] = {}
    for one in database.execute(select(part)):
        units.setdefault(one.kit_variant_id, {})[skus[one.component_variant_id]] = one.quantity
    kits = all_parts(database)
    free = salable(database, {row.stock_item_id for row in rows})
    return [
        KitRow(
            row.sku, row.title, "when ordered" if row.id in kits else "beforehand",
            dict(sorted(units[row.id].items())), free[row.stock_item_id],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class BinRow:
    """A place on the floor, and what lies in it."""

    code: str
    walk: int
    skus: tuple[str, ...]


def list_bins(database: Connection, location: str) -> list[BinRow]:
    """Give the bins of a location in the order in which they are passed."""
    bins, lies = tables.bin, tables.stock_bin
    rows = database.execute(
        select(bins.c.code, bins.c.walk, lies.c.stock_item_id)
        .join(_place, _place.c.id == bins.c.location_id)
        .outerjoin(lies, (lies.c.location_id == bins.c.location_id) & (lies.c.code == bins.c.code))
        .where(_place.c.code == location)
        .order_by(bins.c.walk, bins.c.code)
    ).all()
    skus = skus_of(database, {row.stock_item_id for row in rows if row.stock_item_id})
    found: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        here = found.setdefault((row.code, row.walk), [])
        here += [skus[row.stock_item_id]] if row.stock_item_id in skus else []
    return [BinRow(code, walk, tuple(sorted(here))) for (code, walk), here in found.items()]


@dataclass(frozen=True)
class ListRow:
    """A list of stock that was read from a file."""

    number: str
    state: str
    rows: int
    problems: int
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None


def list_imports(database: Connection, limit: int = 50) -> list[ListRow]:
    """Give the newest lists of stock."""
    kept = tables.stock_import
    rows = database.execute(select(kept).order_by(kept.c.id.desc()).limit(limit))
    return [
        ListRow(
            row.number, row.state, len(row.rows), sum(1 for one in row.rows if one["problem"]),
            row.created_at, row.applied_at, row.undone_at,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class PromiseRow:
    """What one channel can promise of a variant by an instant."""

    connection: str
    buffer: int
    shown_now: int
    promised: int


def promises(database: Connection, sku: str, by: datetime) -> list[PromiseRow]:
    """Give what each channel that sells a variant can promise by an instant, and shows now."""
    item = item_of(database, sku)
    listing, shop = tables.listing, tables.connection
    buffer = func.coalesce(func.max(listing.c.stock_buffer), func.max(shop.c.stock_buffer))
    rows = database.execute(
        select(shop.c.code, buffer.label("units"))
        .join(listing, listing.c.connection_id == shop.c.id)
        .join(_variant, _variant.c.id == listing.c.variant_id)
        .where(_variant.c.stock_item_id == item)
        .group_by(shop.c.code)
        .order_by(shop.c.code)
    ).all()
    needs = kit_needs(database).get(item, {item: 1})
    stand, supply = standings(database, needs), supply_of(database, needs)
    free = salable(database, {item})[item]
    by_then = whole_kits(
        (atp(one, 0, supply.get(part, ()), by), units)
        for part, units in needs.items()
        if (one := stand[part]) is not None
    )
    return [
        PromiseRow(row.code, row.units, published(free, row.units), published(by_then, row.units))
        for row in rows
    ]
