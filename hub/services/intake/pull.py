"""Pulling: walk a stream page by page from its cursor; every page and its cursor are one commit."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from hub.domain.signals import is_misread
from hub.sdk.capabilities import Page, PullOrders, PullProducts
from hub.services.context import Hub
from hub.services.intake.ingest import Tally, land_listing_page, land_order_page
from hub.services.work import owe
from hub.store.connections import Connected
from hub.store.cursors import ORDERS, PRODUCTS, get_cursor, set_cursor
from hub.store.jobs import JobResult, RunningJob
from hub.store.misread import misread
from hub.store.unit_of_work import Unit


def pull_orders(hub: Hub, job: RunningJob) -> JobResult:
    """Pull the orders of a connection that changed."""
    shop = hub.connection(job.subject)
    if _waits(hub, shop, ORDERS):
        return JobResult("partial")
    return _result(walk_orders(hub, shop, job))


def walk_orders(hub: Hub, shop: Connected, job: RunningJob) -> Tally:
    """Walk the orders stream to the present."""
    reader = hub.open(shop).offering(PullOrders)
    tally = Tally()
    if reader is None:
        return tally
    for page in _pages(hub, shop, ORDERS, reader.pull_orders):
        job.safe_point()
        close = partial(_close_page, hub, job, shop, ORDERS, page, tally)
        tally.add(land_order_page(hub, shop, page.items, reader.to_order, close))
        if job.kind == "pull_orders" and is_misread(tally.seen, tally.quarantined):
            break
    return tally


def pull_products(hub: Hub, job: RunningJob) -> JobResult:
    """Pull the products of a connection that changed; after the first time its books are opened."""
    shop = hub.connection(job.subject)
    reader = hub.open(shop).offering(PullProducts)
    tally = Tally()
    if reader is None:
        return _result(tally)
    if _waits(hub, shop, PRODUCTS):
        return JobResult("partial")
    for page in _pages(hub, shop, PRODUCTS, reader.pull_products):
        job.safe_point()
        close = partial(_close_page, hub, job, shop, PRODUCTS, page, tally)
        tally.add(land_listing_page(hub, shop, page.items, reader.to_listing, close))
        if is_misread(tally.seen, tally.quarantined):
            break
    return _result(tally)


def _waits(hub: Hub, shop: Connected, stream: str) -> bool:
    """Whether a stream is left alone because too much of it was not understood."""
    with hub.store.reading() as database:
        found = misread(database, shop.id, stream)
    return found is not None and hub.store.clock() < found.try_at


def _pages(
    hub: Hub, shop: Connected, stream: str, pull: Callable[[str | None], Iterator[Page]]
) -> Iterator[Page]:
    with hub.store.reading() as database:
        cursor = get_cursor(database, shop.id, stream)
    with _collector_off():
        yield from pull(cursor.position if cursor else None)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Pages are big trees of plain data without cycles: collecting in between only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _close_page(
    hub: Hub, job: RunningJob, shop: Connected, stream: str, page: Page, before: Tally, unit: Unit
) -> None:
    """Move the cursor in the commit of the page, and open the books after the first walk."""
    set_cursor(unit, shop.id, stream, page.cursor, complete=page.last)
    job.progress(unit, {**vars(before), "seen": before.seen + len(page.items),
                        "total": page.total or 0})  # fmt: skip
    opening = job.kind == "open_books"  # it walks the orders itself
    first = page.last and not opening and shop.books_opened_at is None
    if first and _all_streams_complete(hub, unit, shop):
        owe(unit, "open_books", shop.id, shop.id)


_STREAMS = {PullOrders: ORDERS, PullProducts: PRODUCTS}


def _all_streams_complete(hub: Hub, unit: Unit, shop: Connected) -> bool:
    provides = hub.registry.connector(shop.connector).provides
    streams = [stream for capability, stream in _STREAMS.items() if capability in provides]
    cursors = [get_cursor(unit.connection, shop.id, stream) for stream in streams]
    return all(cursor is not None and cursor.complete_at is not None for cursor in cursors)


def _result(tally: Tally) -> JobResult:
    if tally.quarantined:
        return JobResult("partial", vars(tally))
    return JobResult("ok" if tally.moved else "no_change", vars(tally))
