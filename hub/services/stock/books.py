"""Opening the books: after the first sync, what is on hand, what is promised, what is held.

A new connection only reads. Whatever is open at the shop now reserves its stock and is held as
`imported` until a person releases it: a hub that acts on old orders is the most dangerous of all.
"""

from sqlalchemy import select

from hub.records.catalogue import StockTarget, Tracking
from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.sdk.capabilities import PullStock
from hub.sdk.errors import TransientError
from hub.services.context import Hub
from hub.services.intake.pull import walk_orders
from hub.services.orders.accept import accept
from hub.services.orders.holds import place_hold
from hub.services.stock.opening import OPEN_AT_THE_SHOP, take_opening_stock
from hub.services.stock.portions import portions
from hub.store import tables
from hub.store.catalogue import observe_stock
from hub.store.connections import Connected, mark_books_opened
from hub.store.jobs import JobResult, RunningJob
from hub.store.orders import get_order

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
        for part in portions(_counted_listings(hub, shop)):
            seen = reader.read_stock(part)
            with hub.store.unit_of_work() as unit:
                job.guard(unit)
                observe_stock(unit, shop.id, {one.external_id: one.quantity for one in seen})
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
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        take_opening_stock(unit, shop)


def _hold_and_promise(hub: Hub, job: RunningJob, shop: Connected) -> int:
    """Hold the next few open orders as imported and promise their stock; gives how many."""
    order, hold = tables.sales_order, tables.hold
    imported = select(hold.c.order_id).where(hold.c.reason == HoldReason.IMPORTED.value)
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        waiting = unit.execute(
            select(order.c.id)
            .where(order.c.connection_id == shop.id, order.c.channel_state.in_(OPEN_AT_THE_SHOP),
                   order.c.id.not_in(imported))
            .order_by(order.c.placed_at, order.c.id)
            .limit(BATCH)
        ).scalars().all()  # fmt: skip
        for order_id in waiting:
            place_hold(unit, order_id, HoldReason.IMPORTED, "open when the hub came", by="import")
            accept(unit, hub.policy, shop, get_order(unit.connection, order_id))
    return len(waiting)
