"""Opening the books: after the first sync, what is on hand, what is promised, what is held.

A new connection only reads. Whatever is open at the shop now reserves its stock and is held as
`imported` until a person releases it: a hub that acts on old orders is the most dangerous of all.
"""

from sqlalchemy import func, select

from hub.records.catalogue import ListingKind, StockTarget, Tracking
from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason
from hub.sdk.capabilities import PullStock
from hub.sdk.errors import TransientError
from hub.services.accept import accept
from hub.services.context import Hub
from hub.services.holds import place_hold
from hub.services.pull import walk_orders
from hub.store import ledger, tables
from hub.store.catalogue import observe_stock
from hub.store.connections import Connected, mark_books_opened
from hub.store.jobs import JobResult, RunningJob
from hub.store.orders import get_order
from hub.store.unit_of_work import Unit

BATCH = 50
QUIET_TRIES = 10


def open_books(hub: Hub, job: RunningJob) -> JobResult:
    """Open the books of a connection; safe to repeat from any point."""
    shop = hub.connection(job.subject)
    if shop.books_opened_at is not None:
        return JobResult("no_change")
    if not _read_stock_in_a_quiet_moment(hub, job, shop):
        raise TransientError("the shop never stood still; trying again later")
    if shop.stock_master:
        _take_opening_stock(hub, job, shop)
    held = 0
    while batch := _hold_and_promise(hub, job, shop):
        held += batch
    with hub.store.unit_of_work() as unit:
        if mark_books_opened(unit, shop.id):
            unit.record(EventKind.BOOKS_OPENED, shop.id, shop.id)
        job.finish(unit, counters={"held": held})
    return JobResult("ok", {"held": held})


def _read_stock_in_a_quiet_moment(hub: Hub, job: RunningJob, shop: Connected) -> bool:
    """Read all quantities between two looks at the orders that found nothing new.

    A sale between reading orders and reading stock would be counted twice, or not at all.
    """
    reader = hub.open(shop).offering(PullStock)
    if reader is None:
        return True
    walk_orders(hub, shop, job)
    for _ in range(QUIET_TRIES):
        targets = _counted_listings(hub, shop)
        shown = {seen.external_id: seen.quantity for seen in reader.read_stock(targets)}
        with hub.store.unit_of_work() as unit:
            job.guard(unit)
            observe_stock(unit, shop.id, shown)
        if walk_orders(hub, shop, job).moved == 0:
            return True
    return False


def _counted_listings(hub: Hub, shop: Connected) -> list[StockTarget]:
    listing = tables.listing
    with hub.store.reading() as database:
        rows = database.execute(
            select(listing.c.external_id, listing.c.parent_external_id)
            .where(listing.c.connection_id == shop.id,
                   listing.c.tracking == Tracking.COUNTED.value)
            .order_by(listing.c.id)
        ).all()  # fmt: skip
    return [
        StockTarget(
            external_id=row.external_id, parent_external_id=row.parent_external_id, quantity=0
        )
        for row in rows
    ]


def _take_opening_stock(hub: Hub, job: RunningJob, shop: Connected) -> None:
    """Set what is on hand: what the shop shows, plus units its open orders have taken already."""
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        place = default_location(unit)
        taken = _units_taken(unit, shop)
        for item, quantity in _shown_by_item(unit, shop).items():
            units = quantity + taken.get(item, 0)
            if units > 0:
                command = f"opening:{shop.id}:{item}"
                ledger.adjust(unit, item, place, units, command, f"opening stock of {shop.code}")


def default_location(unit: Unit) -> str:
    """Give the place that stock belongs to when nobody says: the one that ships first."""
    place = tables.location
    return str(
        unit.execute(select(place.c.id).order_by(place.c.priority, place.c.code)).scalars().first()
    )


def _shown_by_item(unit: Unit, shop: Connected) -> dict[str, int]:
    """Give the quantity shown per stock item; a shared pool counts its parent, once."""
    listing, variant = tables.listing, tables.variant
    own = unit.execute(
        select(variant.c.stock_item_id, listing.c.observed_quantity)
        .join(variant, variant.c.id == listing.c.variant_id)
        .where(listing.c.connection_id == shop.id, listing.c.tracking == Tracking.COUNTED.value)
    )
    shown = {row.stock_item_id: row.observed_quantity or 0 for row in own}
    parent = listing.alias()
    pools = unit.execute(
        select(variant.c.stock_item_id, parent.c.observed_quantity)
        .join(listing, listing.c.variant_id == variant.c.id)
        .join(parent, parent.c.external_id == listing.c.parent_external_id)
        .where(listing.c.connection_id == shop.id, parent.c.connection_id == shop.id,
               listing.c.tracking == Tracking.PARENT.value,
               parent.c.kind == ListingKind.GROUP.value)
    )  # fmt: skip
    return shown | {row.stock_item_id: row.observed_quantity or 0 for row in pools}


def _units_taken(unit: Unit, shop: Connected) -> dict[str, int]:
    order, line = tables.sales_order, tables.order_line
    rows = unit.execute(
        select(line.c.stock_item_id, func.sum(line.c.stock_taken).label("units"))
        .join(order, order.c.id == line.c.order_id)
        .where(order.c.connection_id == shop.id, order.c.channel_state.in_(_OPEN),
               line.c.stock_item_id.is_not(None))
        .group_by(line.c.stock_item_id)
    )  # fmt: skip
    return {row.stock_item_id: int(row.units) for row in rows}


_OPEN = [ChannelState.OPEN.value, ChannelState.UNKNOWN.value]


def _hold_and_promise(hub: Hub, job: RunningJob, shop: Connected) -> int:
    """Hold the next few open orders as imported and promise their stock; gives how many."""
    order, hold = tables.sales_order, tables.hold
    imported = select(hold.c.order_id).where(hold.c.reason == HoldReason.IMPORTED.value)
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        waiting = unit.execute(
            select(order.c.id)
            .where(order.c.connection_id == shop.id, order.c.channel_state.in_(_OPEN),
                   order.c.id.not_in(imported))
            .order_by(order.c.placed_at, order.c.id)
            .limit(BATCH)
        ).scalars().all()  # fmt: skip
        for order_id in waiting:
            place_hold(unit, order_id, HoldReason.IMPORTED, "open when the hub came", by="import")
            accept(unit, hub.policy, shop, get_order(unit.connection, order_id))
    return len(waiting)
