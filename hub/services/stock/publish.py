"""Wanting: whatever moves the availability of an item, every channel is to show it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from hub.records.connection import ConnectionState, Family
from hub.services.context import Hub
from hub.services.work import owe
from hub.store.catalogue import offers_of, offers_on
from hub.store.connections import Connected, list_connections
from hub.store.desired import STOCK, confirmed_values, want
from hub.store.jobs import RunningJob
from hub.store.kits import kits_with
from hub.store.unit_of_work import Unit


def stock_moved(unit: Unit, items: Iterable[str]) -> None:
    """Say that the availability of these stock items changed: every channel is to show it."""
    by_connection: dict[str, list[str]] = {}
    moved = set(items)
    for offer in offers_of(unit.connection, moved | kits_with(unit.connection, moved)):
        by_connection.setdefault(offer.connection_id, []).append(offer.listing_id)
    for connection_id, listings in by_connection.items():
        want(unit, connection_id, STOCK, listings)
        if _may_publish(unit.connection, connection_id):
            owe(unit, "publish_stock", connection_id, connection_id)


def repair_drift(unit: Unit, shop: Connected, shown: Mapping[str, int | None]) -> None:
    """Look again at listings (by hub id) that show another number than the hub has confirmed."""
    confirmed = confirmed_values(unit.connection, shop.id, STOCK, list(shown))
    drifted = [
        listing_id
        for listing_id, quantity in shown.items()
        if quantity is not None and confirmed.get(listing_id) not in (None, "", str(quantity))
    ]
    if drifted:
        want(unit, shop.id, STOCK, drifted)
        if _may_publish(unit.connection, shop.id):
            owe(unit, "publish_stock", shop.id, shop.id)


def publish_all_stock(hub: Hub, job: RunningJob) -> None:
    """Want the present quantity on every listing of a connection."""
    with hub.store.unit_of_work() as unit:
        offers = offers_on(unit.connection, job.subject)
        want(unit, job.subject, STOCK, [offer.listing_id for offer in offers])
        if _may_publish(unit.connection, job.subject):
            owe(unit, "publish_stock", job.subject, job.subject)
        job.finish(unit, counters={"seen": len(offers)})


def _may_publish(database: Connection, connection_id: str) -> bool:
    """Stock is published where writes are on and the first sync is over; until then it is kept."""
    return any(
        shop.id == connection_id and shop.writes and shop.books_opened_at
        for shop in list_connections(database, Family.STOREFRONT)
        if shop.state != ConnectionState.DISABLED
    )
