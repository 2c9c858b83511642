"""Every kind of job with the service that does it."""

from collections.abc import Mapping
from functools import partial

from hub.services.context import Hub
from hub.services.effects.push import perform_effect
from hub.services.intake.comparison import compare_shop
from hub.services.intake.pull import pull_orders, pull_products
from hub.services.intake.receive import ingest_delivery
from hub.services.intake.refunds import read_refunds
from hub.services.orders.accept import (
    accept_order,
    expire_reservations,
    map_lines,
    reserve_waiting,
    route_waiting,
)
from hub.services.orders.channel_changes import book_channel_shipment, cancel_order
from hub.services.orders.rework import rework_order
from hub.services.orders.route import route_order
from hub.services.retention import forget_jobs
from hub.services.shipping.track import publish_tracking, track_parcel
from hub.services.stock.books import open_books
from hub.services.stock.publish import publish_all_stock, publish_stock
from hub.services.vendors.listing_push import publish_listings
from hub.services.vendors.subscriptions import audit_webhooks
from hub.services.vendors.watch import watch_health
from hub.services.work import WORK
from hub.store.jobs import JobKind

_HANDLERS = {
    service.__name__: service
    for service in (
        accept_order, book_channel_shipment, cancel_order, expire_reservations, ingest_delivery,
        map_lines, open_books, perform_effect, publish_all_stock, publish_stock, publish_tracking,
        pull_orders, pull_products, reserve_waiting, rework_order, route_order, route_waiting,
        audit_webhooks, compare_shop, publish_listings, read_refunds, track_parcel,
        forget_jobs, watch_health,
    )
}  # fmt: skip


def job_kinds(hub: Hub) -> Mapping[str, JobKind]:
    """Bind every kind of job to this hub."""
    return {
        name: JobKind(
            name=name, queue=work.queue, priority=work.priority, retry=work.retry,
            serial=work.serial,
            handler=partial(_HANDLERS[name], hub),
        )
        for name, work in WORK.items()
    }  # fmt: skip
