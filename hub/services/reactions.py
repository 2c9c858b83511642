"""What follows what: the first file to read. Every reaction is a job, written with the fact."""

from collections.abc import Mapping, Sequence

from hub.records.events import Event, EventKind
from hub.services.work import draft
from hub.store.jobs import insert_jobs
from hub.store.unit_of_work import Unit

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
    EventKind.PAYMENT_VERIFIED: ("route_order",),
    EventKind.LISTING_MAPPED: ("map_lines",),
    EventKind.STOCK_CHANGED: ("reserve_waiting",),
    EventKind.ORDER_ROUTED: (),  # its labels are owed as effects, in the same commit
    EventKind.LABEL_BOUGHT: (),  # a person, or a scan, hands the parcel over
    EventKind.PARCEL_HANDED_OVER: ("publish_tracking",),  # its carrier is asked by `handover`
    EventKind.PARCEL_MOVED: (),
}
"""Every fact is listed, also those that nothing follows."""

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
