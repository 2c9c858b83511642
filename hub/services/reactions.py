"""What follows what: the first file to read. Every reaction is a job, written with the fact."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from hub.records.events import Event, EventKind
from hub.services.work import draft
from hub.store import tables
from hub.store.jobs import insert_jobs, supersede
from hub.store.unit_of_work import Unit

_job = tables.job

REACTIONS: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.BOOKS_OPENED: ("publish_all_stock",),
    EventKind.WRITES_SWITCHED_ON: (
        "publish_all_stock",
        "publish_listings",
        "publish_tracking",
        "route_waiting",
    ),
    EventKind.ORDER_PLACED: ("accept_order",),
    EventKind.ORDER_CHANGED: ("accept_order",),
    EventKind.ORDER_CANCELLED: ("cancel_order",),
    EventKind.ORDER_SHIPPED_BY_CHANNEL: ("book_channel_shipment",),
    EventKind.HOLD_RELEASED: ("accept_order",),
    EventKind.REFUND_FOUND: ("accept_order",),
    EventKind.REFUND_GONE: ("accept_order",),
    EventKind.REFUND_SETTLED: ("look_at_return",),
    EventKind.PAYMENT_VERIFIED: ("route_order",),
    EventKind.LISTING_MAPPED: ("map_lines",),
    EventKind.STOCK_CHANGED: ("reserve_waiting",),
    EventKind.ORDER_ROUTED: (),  # its labels are owed as effects, in the same commit
    EventKind.LABEL_BOUGHT: (),  # a person, or a scan, hands the parcel over
    EventKind.PARCEL_HANDED_OVER: ("publish_tracking",),  # its carrier is asked by `handover`
    EventKind.PARCEL_MOVED: ("watch_parcel",),
}
"""Every fact is listed, also those that nothing follows."""

POINTLESS: Mapping[EventKind, tuple[str, ...]] = {EventKind.ORDER_CANCELLED: ("route_order",)}
"""Work that a fact makes pointless: it is not begun (T20).

A cancelled order that is revived is accepted anew, and that owes its route again.
"""

_ABOUT_THE_CONNECTION = frozenset(
    {"publish_all_stock", "publish_listings", "route_waiting", "publish_tracking"}
)
"""Jobs whose subject is the connection of the fact, not the fact's own subject."""

_CALLS_THE_CONNECTION = frozenset({"publish_listings", "publish_tracking"})
"""Jobs that wait while their connection is paused; the others are the hub's own work."""


def react(unit: Unit, events: Sequence[Event]) -> None:
    """Write the jobs that follow from these facts, in their own commit."""
    drafts = [
        draft(
            kind,
            event.connection_id or event.subject_id
            if kind in _ABOUT_THE_CONNECTION
            else event.subject_id,
            event.connection_id if kind in _CALLS_THE_CONNECTION else None,
            event_id=event.id,
            run_at=unit.now,
        )
        for event in events
        for kind in REACTIONS[event.kind]
    ]
    if drafts:
        insert_jobs(unit, drafts)
    for event in events:
        if pointless := POINTLESS.get(event.kind):
            written = select(_job.c.id).where(_job.c.event_id == event.id).order_by(_job.c.id)
            newer = unit.execute(written).scalars().first()
            reason = str(event.kind)
            supersede(unit, pointless, event.subject_id, by="hub", reason=reason, newer=newer)
