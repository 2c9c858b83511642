"""What one side lacks: every order or listing is asked for by itself before it is believed."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from hub.records.catalogue import StockTarget
from hub.sdk.capabilities import PullOrders, PullStock
from hub.sdk.errors import RejectedError
from hub.services.context import Hub
from hub.services.intake.gone import listing_is_gone, order_is_gone
from hub.services.intake.ingest import land_order_page
from hub.services.stock.portions import portions
from hub.store import tables
from hub.store.connections import Connected
from hub.store.decisions import keep_decision
from hub.store.jobs import RunningJob
from hub.store.unit_of_work import Unit

MOST_READ = 200
"""Records read one by one in a run; the next run goes on."""

_orders = tables.sales_order
_listings = tables.listing


def pull_missing(hub: Hub, job: RunningJob, shop: Connected, missing: Sequence[str]) -> int:
    """Land the orders that the hub lacks; gives how many are new."""
    return sum(created or 0 for _, created in _read_each(hub, job, shop, missing))


def bury_orders(hub: Hub, job: RunningJob, shop: Connected, vanished: Sequence[str]) -> int:
    """Ask for each order that the list left out: only one that is not found is gone."""
    buried = 0
    for external_id, created in _read_each(hub, job, shop, vanished):
        if created is not None:
            continue
        with hub.store.unit_of_work() as unit:
            job.guard(unit)
            if order_is_gone(unit, shop.id, external_id):
                keep_decision(
                    unit,
                    _order_id(unit, shop, external_id),
                    "comparison",
                    "gone",
                    {"shop": shop.code, "order": external_id},
                )
                buried += 1
    return buried


def _read_each(
    hub: Hub, job: RunningJob, shop: Connected, external_ids: Sequence[str]
) -> Iterator[tuple[str, int | None]]:
    """Read orders one by one and land them: how many that made, None where the shop has none."""
    reader = hub.open(shop).offering(PullOrders)
    if reader is None:
        return
    for external_id in external_ids[:MOST_READ]:
        job.pulse.beat()
        try:
            raw = reader.read_order(external_id)
        except RejectedError as error:
            if error.code != "not_found":
                raise
            yield external_id, None
        else:
            landed = land_order_page(hub, shop, [raw], reader.to_order, job.guard)
            yield external_id, landed.created


def _order_id(unit: Unit, shop: Connected, external_id: str) -> str:
    query = select(_orders.c.id).where(
        _orders.c.connection_id == shop.id, _orders.c.external_id == external_id
    )
    return str(unit.execute(query).scalar_one())


def end_listings(hub: Hub, job: RunningJob, shop: Connected, vanished: Sequence[str]) -> int:
    """End the listings that a second question does not find either."""
    there = still_shown(hub, job, shop, vanished)
    gone = [external_id for external_id in vanished if external_id not in there]
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        ended = sum(listing_is_gone(unit, shop.id, external_id) for external_id in gone)
        if gone:
            keep_decision(unit, shop.id, "comparison", "listings_gone", {"listings": gone[:500]})
    return ended


def still_shown(
    hub: Hub, job: RunningJob, shop: Connected, external_ids: Sequence[str]
) -> set[str]:
    """Ask a shop for listings that it is said to have no longer; gives those it has."""
    reader = hub.open(shop).offering(PullStock)
    there: set[str] = set()
    if reader is not None:
        for part in portions([_target(hub, shop, external_id) for external_id in external_ids]):
            job.pulse.beat()
            there |= {seen.external_id for seen in reader.read_stock(part)}
    return there


def _target(hub: Hub, shop: Connected, external_id: str) -> StockTarget:
    with hub.store.reading() as database:
        parent = database.execute(
            select(_listings.c.parent_external_id).where(
                _listings.c.connection_id == shop.id, _listings.c.external_id == external_id
            )
        ).scalar()
    return StockTarget(external_id=external_id, parent_external_id=parent, quantity=0)
