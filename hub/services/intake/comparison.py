"""What no cursor shows: deletions, silent changes and gaps, found by comparing now and then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, select

from hub.records.catalogue import StockTarget
from hub.sdk.capabilities import ListIdentities, PullProducts, PullStock
from hub.sdk.errors import TransientError
from hub.services.context import Hub
from hub.services.intake.absent import MOST_READ, bury_orders, end_listings, pull_missing
from hub.services.intake.gone import DELETED
from hub.services.stock.portions import portions
from hub.services.stock.publish import repair_drift
from hub.services.work import owe
from hub.store import tables
from hub.store.catalogue import observe_stock, offers_on
from hub.store.connections import Connected
from hub.store.cursors import PRODUCTS, forget_cursor
from hub.store.desired import LISTING, STOCK, TRACKING, open_wishes
from hub.store.jobs import JobResult, RunningJob
from hub.store.schedules import put_schedule
from hub.store.unit_of_work import Unit

EVERY = timedelta(hours=6)
BACK = timedelta(hours=48)
REFUNDS_BACK = timedelta(days=30)
STOCK_SLICE = 200
_CIRCLES = 3
_PUSHES = {STOCK: "publish_stock", TRACKING: "publish_tracking", LISTING: "publish_listings"}
Kind = Literal["order", "listing"]

_orders = tables.sales_order
_listings = tables.listing


@dataclass(frozen=True)
class Difference:
    """Ids that only one side has."""

    missing: tuple[str, ...] = ()
    """The shop has them, the hub does not."""
    vanished: tuple[str, ...] = ()
    """The hub has them, the shop's list does not."""


def schedule_comparison(unit: Unit, hub: Hub, connector: str, connection_id: str) -> None:
    """Compare a new connection every few hours, where its connector lists ids."""
    if ListIdentities in hub.registry.connector(connector).provides:
        every = int(EVERY.total_seconds())
        put_schedule(
            unit,
            "compare_shop",
            "compare_shop",
            every,
            connection_id,
            connection_id,
            unit.now + EVERY,
        )


def compare_shop(hub: Hub, job: RunningJob) -> JobResult:
    """Compare ids with the shop; pull what is missing, end what is gone, look at silent things."""
    shop = hub.connection(job.subject)
    lister = hub.open(shop).offering(ListIdentities)
    if lister is None or shop.books_opened_at is None:
        return JobResult("no_change")
    orders = compare_orders(hub, shop, lister)
    pulled = pull_missing(hub, job, shop, orders.missing)
    buried = bury_orders(hub, job, shop, orders.vanished)
    job.pulse.beat()
    listings = compare_listings(hub, shop, lister)
    if listings.missing:
        _walk_products_again(hub, job, shop)
    ended = end_listings(hub, job, shop, listings.vanished)
    _read_refunds_again(hub, job, shop)
    _look_at_stock(hub, job, shop)
    _push_again(hub, job, shop)
    counters = {"created": pulled, "skipped": len(listings.missing), "updated": buried + ended}
    return JobResult("ok" if any(counters.values()) else "no_change", counters)


def compare_orders(hub: Hub, shop: Connected, lister: ListIdentities) -> Difference:
    """Compare the orders of the last 48 hours, by the shop's own clock."""
    with hub.store.reading() as database:
        newest = database.execute(
            select(func.max(_orders.c.placed_at)).where(
                _orders.c.connection_id == shop.id, _orders.c.replaces_id.is_(None)
            )
        ).scalar()
    if newest is None:
        return Difference()
    since = newest - BACK
    there = _ids(lister, "order", since)
    with hub.store.reading() as database:
        recent = select(_orders.c.external_id).where(
            _orders.c.connection_id == shop.id,
            _orders.c.channel_status != DELETED,
            _orders.c.placed_at >= since,
            _orders.c.replaces_id.is_(None),
        )
        here = set(database.execute(recent).scalars())
        known = _known(database, shop.id, "order", there)
    return Difference(tuple(sorted(there - known)), tuple(sorted(here - there)))


def compare_listings(hub: Hub, shop: Connected, lister: ListIdentities) -> Difference:
    """Compare all listings."""
    there = _ids(lister, "listing", None)
    with hub.store.reading() as database:
        shown = select(_listings.c.external_id).where(
            _listings.c.connection_id == shop.id, _listings.c.state != "ended"
        )
        here = set(database.execute(shown).scalars())
        known = _known(database, shop.id, "listing", there)
    return Difference(tuple(sorted(there - known)), tuple(sorted(here - there)))


def _ids(lister: ListIdentities, kind: Kind, since: datetime | None) -> set[str]:
    """Read a list of ids; a list that goes round in circles is given up."""
    found: set[str] = set()
    fruitful = idle = 0
    for page in lister.list_ids(kind, since):
        new = not found.issuperset(page)
        fruitful, idle = fruitful + new, 0 if new else idle + 1
        if idle > _CIRCLES * (fruitful + 1):
            raise TransientError(f"the shop's list of {kind}s repeats itself without end")
        found.update(page)
    return found


def _known(database: Connection, connection_id: str, kind: str, ids: set[str]) -> set[str]:
    """Give those that landed once, or lie in quarantine: a person looks at these."""
    return {
        one
        for table in (tables.link, tables.quarantine)
        for part in _parts(sorted(ids))
        for one in database.execute(
            select(table.c.external_id).where(
                table.c.connection_id == connection_id,
                table.c.kind == kind,
                table.c.external_id.in_(part),
            )
        ).scalars()
    }


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]


def _walk_products_again(hub: Hub, job: RunningJob, shop: Connected) -> None:
    if PullProducts in hub.registry.connector(shop.connector).provides:
        with hub.store.unit_of_work() as unit:
            job.guard(unit)
            forget_cursor(unit, shop.id, PRODUCTS)
            owe(unit, "pull_products", shop.id, shop.id)


def _read_refunds_again(hub: Hub, job: RunningJob, shop: Connected) -> None:
    """A refund that was deleted leaves no trace at some shops: read those of the last month."""
    refund = tables.refund
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        recent = unit.execute(
            select(refund.c.order_id)
            .distinct()
            .where(
                refund.c.connection_id == shop.id,
                refund.c.state == "made",
                refund.c.recorded_at >= unit.now - REFUNDS_BACK,
            )
            .limit(MOST_READ)
        ).scalars()
        for order_id in recent.all():
            owe(unit, "read_refunds", order_id, shop.id)


def _look_at_stock(hub: Hub, job: RunningJob, shop: Connected) -> None:
    """Read what was looked at longest ago; what differs from what was confirmed is published."""
    reader = hub.open(shop).offering(PullStock)
    if reader is None:
        return
    with hub.store.reading() as database:
        offers = {one.listing_id: one for one in offers_on(database, shop.id)}
        oldest = database.execute(
            select(_listings.c.id)
            .where(_listings.c.connection_id == shop.id, _listings.c.tracking == "counted")
            .order_by(_listings.c.observed_at)
        ).scalars()
        chosen = [offers[id] for id in oldest if id in offers][:STOCK_SLICE]
    asked = [
        StockTarget(
            external_id=one.external_id, parent_external_id=one.parent_external_id, quantity=0
        )
        for one in chosen
    ]
    shown: dict[str, int | None] = {}
    for part in portions(asked):
        job.pulse.beat()
        shown |= {seen.external_id: seen.quantity for seen in reader.read_stock(part)}
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        observe_stock(unit, shop.id, shown)
        ids = {one.external_id: one.listing_id for one in chosen}
        repair_drift(unit, shop, {ids[one]: seen for one, seen in shown.items() if one in ids})


def _push_again(hub: Hub, job: RunningJob, shop: Connected) -> None:
    """Owe what the shop has not confirmed: what is wanted there outlives a job that died of it."""
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        for field, kind in _PUSHES.items():
            if shop.writes and open_wishes(unit.connection, shop.id, field, 1):
                owe(unit, kind, shop.id, shop.id)
