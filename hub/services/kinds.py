"""Every kind of job with the service that does it."""

from collections.abc import Mapping
from functools import partial

from hub.services.accept import (
    accept_order,
    expire_reservations,
    map_lines,
    reserve_waiting,
    route_waiting,
)
from hub.services.books import open_books
from hub.services.channel_changes import book_channel_shipment, cancel_order
from hub.services.context import Hub
from hub.services.publish import publish_all_stock, publish_stock
from hub.services.pull import pull_orders, pull_products
from hub.services.push import perform_effect
from hub.services.receive import ingest_delivery
from hub.services.route import route_order
from hub.services.track import publish_tracking, track_parcel
from hub.services.work import WORK
from hub.store.jobs import JobKind

_HANDLERS = {
    service.__name__: service
    for service in (
        accept_order, book_channel_shipment, cancel_order, expire_reservations, ingest_delivery,
        map_lines, open_books, perform_effect, publish_all_stock, publish_stock, publish_tracking,
        pull_orders, pull_products, reserve_waiting, route_order, route_waiting, track_parcel,
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
