"""Facts in the order they happened, each with the jobs that followed from it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.store import tables

_event = tables.event


@dataclass(frozen=True)
class EventRow:
    """One fact: what, about what, of which connection and order, and what followed."""

    id: str
    at: datetime
    kind: str
    connection: str
    order: str
    """The number of the order it is about; empty when it is about none."""
    subject: str
    followed: tuple[str, ...]
    """Kinds of the jobs that follow from it, with their states."""


@dataclass(frozen=True)
class EventFilter:
    """What a list of facts is narrowed to; empty fields narrow nothing."""

    order_id: str = ""
    connection_id: str = ""
    since: datetime | None = None
    after: str = ""
    """The id of the last fact that was seen."""


def list_events(database: Connection, wanted: EventFilter, limit: int) -> list[EventRow]:
    """Give the newest facts, oldest first; with `after`, those that came next."""
    shipment, shop = tables.shipment, tables.connection
    query = (
        select(_event, shop.c.code)
        .outerjoin(shop, shop.c.id == _event.c.connection_id)
        .limit(limit)
    )
    if wanted.order_id:
        parcels = select(shipment.c.id).where(shipment.c.order_id == wanted.order_id)
        subject = _event.c.subject_id
        query = query.where((subject == wanted.order_id) | subject.in_(parcels))
    if wanted.connection_id:
        query = query.where(_event.c.connection_id == wanted.connection_id)
    if wanted.since is not None:
        query = query.where(_event.c.at >= wanted.since)
    if wanted.after:
        query = query.where(_event.c.id > wanted.after).order_by(_event.c.id)
    else:
        query = query.order_by(_event.c.id.desc())
    rows = sorted(database.execute(query), key=lambda row: str(row.id))
    followed = _followed(database, [row.id for row in rows])
    numbers = _numbers(database, {row.subject_id for row in rows})
    return [
        EventRow(
            id=row.id, at=row.at, kind=row.kind, connection=row.code or "",
            order=numbers.get(row.subject_id, ""), subject=row.subject_id,
            followed=tuple(followed[row.id]),
        )
        for row in rows
    ]  # fmt: skip


def _numbers(database: Connection, subjects: Collection[str]) -> dict[str, str]:
    """Give the order numbers of those subjects that are orders or shipments."""
    order, shipment = tables.sales_order, tables.shipment
    orders = select(order.c.id, order.c.number).where(order.c.id.in_(subjects))
    parcels = (
        select(shipment.c.id, order.c.number)
        .join(order, order.c.id == shipment.c.order_id)
        .where(shipment.c.id.in_(subjects))
    )
    return {id: number for query in (orders, parcels) for id, number in database.execute(query)}


def _followed(database: Connection, event_ids: Sequence[str]) -> dict[str, list[str]]:
    job = tables.job
    found: dict[str, list[str]] = defaultdict(list)
    rows = database.execute(
        select(job.c.event_id, job.c.kind, job.c.state)
        .where(job.c.event_id.in_(event_ids))
        .order_by(job.c.id)
    )
    for row in rows:
        found[row.event_id].append(f"{row.kind} ({row.state})")
    return found
