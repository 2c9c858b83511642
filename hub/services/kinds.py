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
from hub.services.orders.holds import expire_holds
from hub.services.orders.rework import rework_order
from hub.services.orders.route import route_order
from hub.services.purchasing.planning import plan_reorders
from hub.services.retention import forget_jobs
from hub.services.returns.approve import expire_returns
from hub.services.returns.parcels import follow_return_parcel
from hub.services.returns.pulling import pull_returns
from hub.services.returns.refund import look_at_return, refund_return
from hub.services.shipping.track import publish_tracking, track_parcel
from hub.services.stock.books import open_books
from hub.services.stock.numbers import publish_stock
from hub.services.stock.publish import publish_all_stock
from hub.services.tickets.clocks import tend_ticket
from hub.services.tickets.parcel_watch import watch_parcel
from hub.services.tickets.pulling import pull_messages
from hub.services.vendors.listing_push import publish_listings
from hub.services.vendors.subscriptions import audit_webhooks
from hub.services.vendors.watch import watch_health
from hub.services.work import WORK
from hub.store.jobs import JobKind

_HANDLERS = {
    service.__name__: service
    for service in (
        accept_order, book_channel_shipment, cancel_order, expire_holds, expire_reservations,
        ingest_delivery,
        map_lines, open_books, perform_effect, publish_all_stock, publish_stock, publish_tracking,
        pull_messages, pull_orders, pull_products, reserve_waiting, rework_order, route_order,
        route_waiting,
        audit_webhooks, compare_shop, publish_listings, read_refunds, track_parcel,
        refund_return, look_at_return, follow_return_parcel, expire_returns, pull_returns,
        forget_jobs, plan_reorders, tend_ticket, watch_health, watch_parcel,
    )
}  # fmt: skip


def job_kinds(hub: Hub) -> Mapping[str, JobKind]:
    """Bind every kind of job to this hub."""
    return {
        name: JobKind(
            name=name, queue=work.queue, priority=work.priority, retry=work.retry,
            serial=work.serial, is_look=work.is_look,
            handler=partial(_HANDLERS[name], hub),
        )
        for name, work in WORK.items()
    }  # fmt: skip
