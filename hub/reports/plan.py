"""What the first sync of a shop found, and what the hub would do there if it were let to write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, select

from hub.records.catalogue import ListingKind, Mapping, Tracking
from hub.records.money import Money
from hub.records.order import ChannelState, HoldReason
from hub.records.payment import Verdict
from hub.reports.catalogue import Unmapped, unmapped
from hub.reports.orders import open_holds
from hub.store import tables
from hub.store.catalogue import offers_on
from hub.store.connections import Connected, get_connection
from hub.store.offering import quantities

_order = tables.sales_order
_listing = tables.listing


@dataclass(frozen=True)
class HeldOrder:
    """An order that was open when the hub came; a person decides whether the hub ships it."""

    id: str
    number: str
    placed_at: datetime
    total: Money
    may_ship: bool
    """Released, it would be routed as soon as a carrier and writes allow."""
    against: tuple[str, ...]


@dataclass(frozen=True)
class Publication:
    """A number that the hub would put on a listing."""

    listing: str
    sku: str
    shows: int | None
    would_show: int


@dataclass(frozen=True)
class Plan:
    """What switching writes on would mean."""

    connection: str
    writes: bool
    books_opened_at: datetime | None
    orders: int
    history: int
    by_phase: dict[str, int]
    listings_mapped: int
    listings_unmapped: int
    listings_not_counted: int
    opening_items: int
    opening_units: int
    numbers_to_publish: int
    publications: tuple[Publication, ...]
    """Listings that show another quantity than the hub would publish."""
    to_map: tuple[Unmapped, ...]
    """Listings that wait for a person, with proposals."""
    quarantined: int
    held: tuple[HeldOrder, ...]

    @property
    def may_ship(self) -> tuple[HeldOrder, ...]:
        """The held orders that nothing else stands against."""
        return tuple(order for order in self.held if order.may_ship)


def plan_of(database: Connection, code: str) -> Plan:
    """Say what the first sync found and what would follow; raises `UnknownConnectionError`."""
    shop = get_connection(database, code)
    phases = _by_phase(database, shop)
    mapped, without, uncounted = _listings(database, shop)
    items, units = _opening(database, shop)
    numbers = _publications(database, shop)
    kept = tables.quarantine
    return Plan(
        connection=shop.code, writes=shop.writes, books_opened_at=shop.books_opened_at,
        orders=sum(phases.values()), by_phase=phases,
        history=_count(database, _order.c.connection_id == shop.id, _order.c.history),
        listings_mapped=mapped, listings_unmapped=without, listings_not_counted=uncounted,
        opening_items=items, opening_units=units,
        numbers_to_publish=len(numbers), publications=numbers,
        to_map=tuple(unmapped(database, shop.code)),
        quarantined=_count(database, kept.c.connection_id == shop.id, kept.c.state == "open"),
        held=_held(database, shop),
    )  # fmt: skip


def _count(database: Connection, *where: ColumnElement[bool]) -> int:
    return int(database.execute(select(func.count()).where(*where)).scalar_one())


def _by_phase(database: Connection, shop: Connected) -> dict[str, int]:
    rows = database.execute(
        select(_order.c.phase, func.count())
        .where(_order.c.connection_id == shop.id)
        .group_by(_order.c.phase)
        .order_by(_order.c.phase)
    )
    return {phase: count for phase, count in rows}


def _listings(database: Connection, shop: Connected) -> tuple[int, int, int]:
    sellable = (
        _listing.c.connection_id == shop.id,
        _listing.c.kind != ListingKind.GROUP.value,
    )
    mapped = _listing.c.mapping == Mapping.MAPPED.value
    return (
        _count(database, *sellable, mapped),
        _count(database, *sellable, ~mapped),
        _count(database, *sellable, _listing.c.tracking == Tracking.NOT_TRACKED.value),
    )


def _opening(database: Connection, shop: Connected) -> tuple[int, int]:
    moved = tables.stock_movement
    row = database.execute(
        select(func.count(), func.coalesce(func.sum(moved.c.quantity), 0)).where(
            moved.c.command_id.startswith(f"opening:{shop.id}:", autoescape=True)
        )
    ).one()
    return int(row[0]), int(row[1])


def _publications(database: Connection, shop: Connected) -> tuple[Publication, ...]:
    variant = tables.variant
    wanted = quantities(database, offers_on(database, shop.id))
    rows = database.execute(
        select(_listing.c.id, _listing.c.external_id, _listing.c.observed_quantity, variant.c.sku)
        .join(variant, variant.c.id == _listing.c.variant_id)
        .where(_listing.c.connection_id == shop.id,
               _listing.c.tracking == Tracking.COUNTED.value)
        .order_by(variant.c.sku, _listing.c.external_id)
    )  # fmt: skip
    return tuple(
        Publication(row.external_id, row.sku, row.observed_quantity, wanted[row.id])
        for row in rows
        if row.id in wanted and row.observed_quantity != wanted[row.id]
    )


def _held(database: Connection, shop: Connected) -> tuple[HeldOrder, ...]:
    hold = tables.hold
    imported = (
        _order.c.connection_id == shop.id,
        hold.c.released_at.is_(None),
        hold.c.reason == HoldReason.IMPORTED.value,
    )
    rows = database.execute(
        select(_order)
        .join(hold, hold.c.order_id == _order.c.id)
        .where(*imported)
        .order_by(_order.c.placed_at, _order.c.id)
    ).all()
    holds = open_holds(database, [row.id for row in rows])
    lines: dict[str, list[Row]] = {}
    line = tables.order_line
    for one in database.execute(
        select(line)
        .join(_order, _order.c.id == line.c.order_id)
        .join(hold, hold.c.order_id == _order.c.id)
        .where(*imported, line.c.is_kit.is_(False))
        .order_by(line.c.position)
    ):
        lines.setdefault(one.order_id, []).append(one)
    return tuple(_held_order(row, holds[row.id], lines.get(row.id, [])) for row in rows)


def _held_order(order: Row, holds: Sequence[str], lines: Sequence[Row]) -> HeldOrder:
    against = tuple(_against(order, holds, lines))
    total = Money(minor=order.total_minor, currency=order.currency)
    return HeldOrder(order.id, order.number, order.placed_at, total, not against, against)


def _against(order: Row, holds: Sequence[str], lines: Sequence[Row]) -> Iterator[str]:
    """Name what besides the import stands against an order."""
    for reason in sorted(set(holds) - {HoldReason.IMPORTED.value}):
        yield f"held: {reason}"
    if order.channel_state != ChannelState.OPEN:
        yield f"the shop says {order.channel_status}"
    if order.verification != Verdict.PASSED:
        yield f"payment {order.verification or 'not looked at'}"
    unpromised = {
        line: line.quantity - line.cancelled - line.shipped - line.reserved - line.allocated
        for line in lines
    }
    if unmapped := [
        line.sku or line.title or "a line without a name" for line, units in unpromised.items()
        if units > 0 and line.stock_item_id is None
    ]:  # fmt: skip
        yield f"not mapped: {', '.join(unmapped)}"
    if short := [
        line.sku for line, units in unpromised.items() if units > 0 and line.stock_item_id
    ]:  # fmt: skip
        yield f"not enough stock: {', '.join(short)}"
