"""Webhooks: kept before they are answered; processed later, as a doorbell for one record."""

from functools import partial

from sqlalchemy import select, update

from hub.records.events import EventKind
from hub.sdk.capabilities import PullOrders, ReceiveWebhooks
from hub.sdk.errors import RejectedError
from hub.sdk.webhooks import WebhookRequest
from hub.services.context import Hub
from hub.services.ingest import land_order_page
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import find_by_hook_token
from hub.store.intake import InboxItem, add_to_inbox, finish_inbox_item, get_inbox_item
from hub.store.jobs import JobResult, RunningJob
from hub.store.unit_of_work import Unit


class UnknownHookError(LookupError):
    """No connection has this webhook address."""


def receive(hub: Hub, token: str, request: WebhookRequest) -> int:
    """Verify a webhook and keep what it tells; gives how many of it were new.

    Raises `UnknownHookError` for an unknown address and `SignatureError` for a bad signature.
    """
    with hub.store.reading() as database:
        connection = find_by_hook_token(database, token)
    if connection is None:
        raise UnknownHookError("no connection has this webhook address")
    listener = hub.open(connection).offering(ReceiveWebhooks)
    if listener is None:
        raise UnknownHookError(f"{connection.connector} does not receive webhooks")
    listener.verify(request)
    deliveries = listener.read(request)
    if not deliveries:
        return 0
    kept = 0
    with hub.store.unit_of_work() as unit:
        for told in deliveries:
            item_id = add_to_inbox(
                unit, connection.id, told.dedupe_key, told.topic, told.kind, told.external_id,
                told.deleted, request.body,
            )  # fmt: skip
            if item_id is not None:
                owe(unit, "ingest_delivery", item_id, connection.id)
                kept += 1
    return kept


def ingest_delivery(hub: Hub, job: RunningJob) -> JobResult:
    """Answer one doorbell: read the record as it is now and land it."""
    with hub.store.reading() as database:
        item = get_inbox_item(database, job.subject)
    connection = hub.connection(item.connection_id)
    reader = hub.open(connection).offering(PullOrders)
    if item.kind != "order" or reader is None:
        return _ring_for_a_pull(hub, job, item)
    try:
        raw = reader.read_order(item.external_id)
    except RejectedError as error:
        if error.code != "not_found":
            raise
        return _gone(hub, job, item)
    close = partial(_close, job, item)
    tally = land_order_page(hub, connection, [raw], reader.to_order, close)
    return JobResult("ok" if tally.moved else "no_change", vars(tally))


def _close(job: RunningJob, item: InboxItem, unit: Unit) -> None:
    job.guard(unit)
    finish_inbox_item(unit, item, "applied")


def _ring_for_a_pull(hub: Hub, job: RunningJob, item: InboxItem) -> JobResult:
    """Something other than an order changed: the incremental pull finds it at once."""
    with hub.store.unit_of_work() as unit:
        finish_inbox_item(unit, item, "applied", "pulled")
        owe(unit, "pull_products", item.connection_id, item.connection_id)
        job.finish(unit)
    return JobResult("ok")


def _gone(hub: Hub, job: RunningJob, item: InboxItem) -> JobResult:
    """The order is gone at the shop: whatever was promised to it is given back."""
    with hub.store.unit_of_work() as unit:
        finish_inbox_item(unit, item, "applied", "the shop no longer has it")
        _cancel_deleted(unit, item)
        job.finish(unit)
    return JobResult("ok")


def _cancel_deleted(unit: Unit, item: InboxItem) -> None:
    """Mark an order that was deleted at its shop as cancelled there, if the hub knows it."""
    orders = tables.sales_order
    known = unit.execute(
        select(orders.c.id).where(
            orders.c.connection_id == item.connection_id,
            orders.c.external_id == item.external_id,
        )
    ).scalar()
    if known is not None:
        unit.execute(
            update(orders)
            .where(orders.c.id == known)
            .values(channel_state="cancelled", channel_status="deleted")
        )
        unit.record(EventKind.ORDER_CANCELLED, known, item.connection_id)
