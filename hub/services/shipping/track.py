"""Tracking: scans of parcels move shipments forward; the shop's orders are kept in step."""

from datetime import timedelta

from sqlalchemy import select, update

from hub.domain.lifecycle import advance_shipment
from hub.records.events import EventKind
from hub.records.shipment import OrderTracking, ShipmentState, TrackingEvent
from hub.sdk.capabilities import PushTracking, TrackParcels
from hub.sdk.errors import RejectedError
from hub.services.context import Hub
from hub.services.shipping.parcels import order_tracking
from hub.services.stock.publish import stock_moved
from hub.services.tickets.parcel_watch import note_silence
from hub.services.work import draft
from hub.store import tables
from hub.store.desired import TRACKING, confirm, mark_sent, open_wishes, refuse
from hub.store.ids import new_id
from hub.store.jobs import JobResult, LookAgain, RunningJob, insert_jobs
from hub.store.lander import instant_text, land
from hub.store.orders import refresh_phase
from hub.store.unit_of_work import Unit

LOOK_AGAIN = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=60)
ARRIVED = frozenset({ShipmentState.DELIVERED, ShipmentState.RETURNED, ShipmentState.VOIDED})

_shipment = tables.shipment


def track_parcel(hub: Hub, job: RunningJob) -> JobResult:
    """Ask the carrier where a parcel is, until it has arrived."""
    with hub.store.reading() as database:
        row = database.execute(select(_shipment).where(_shipment.c.id == job.subject)).one()
    tracker = hub.open(hub.connection(row.connection_id)).offering(TrackParcels)
    if tracker is None or not row.tracking_number:
        return JobResult("no_change")  # nobody tracks it, and the hub invents nothing
    scans = tracker.track_parcel(row.tracking_number)
    with hub.store.unit_of_work() as unit:
        state = record_scans(unit, row.id, scans)
        now = unit.now
        if state not in ARRIVED and now - row.handed_over_at > GIVE_UP_AFTER:
            note_silence(unit, row.id, row.order_id, GIVE_UP_AFTER)
    if state in ARRIVED or now - row.handed_over_at > GIVE_UP_AFTER:
        return JobResult("ok", {"seen": len(scans)})
    raise LookAgain(now + LOOK_AGAIN, f"the parcel is {state}")


def record_scans(unit: Unit, shipment_id: str, scans: tuple[TrackingEvent, ...]) -> ShipmentState:
    """Keep new scans and move the shipment forward; gives where it stands."""
    row = unit.execute(select(_shipment).where(_shipment.c.id == shipment_id)).one()
    known = _known_scans(unit, shipment_id)
    fresh = [scan for scan in scans if _identity(scan) not in known]
    land(
        unit, tables.tracking_event,
        ("id", "shipment_id", "code", "carrier_code", "text", "place", "occurred_at",
         "recorded_at"),
        [
            (new_id(), shipment_id, scan.code.value, scan.carrier_code, scan.text, scan.place,
             instant_text(scan.occurred_at), instant_text(unit.now))
            for scan in fresh
        ],
    )  # fmt: skip
    before = state = ShipmentState(row.state)
    for scan in sorted(scans, key=lambda scan: scan.occurred_at):
        state = advance_shipment(state, scan.code)
    if state != before:
        delivered = unit.now if state == ShipmentState.DELIVERED else row.delivered_at
        unit.execute(
            update(_shipment)
            .where(_shipment.c.id == shipment_id, _shipment.c.state == before.value)
            .values(state=state.value, delivered_at=delivered)
        )
        unit.record(EventKind.PARCEL_MOVED, shipment_id)
        refresh_phase(unit, [row.order_id])
    return state


def _identity(scan: TrackingEvent) -> tuple[str, str, str]:
    return scan.code.value, instant_text(scan.occurred_at), scan.place


def _known_scans(unit: Unit, shipment_id: str) -> set[tuple[str, str, str]]:
    rows = tables.tracking_event
    known = unit.execute(
        select(rows.c.code, rows.c.occurred_at, rows.c.place).where(
            rows.c.shipment_id == shipment_id
        )
    )
    return {(row.code, instant_text(row.occurred_at), row.place) for row in known}


def publish_tracking(hub: Hub, job: RunningJob) -> JobResult:
    """Bring the shop's orders to the state of their parcels: desired state, latest wins."""
    shop = hub.connection(job.subject)
    writer = hub.open(shop).offering(PushTracking)
    if writer is None or not shop.writes:
        return JobResult("no_change")  # what is wanted stays wanted until writes are on
    with hub.store.reading() as database:
        wishes = open_wishes(database, shop.id, TRACKING, 20)
    done = refused = 0
    for wish in wishes:
        with hub.store.reading() as database:
            tracking = order_tracking(database, wish.target)
        value = f"{len(tracking.parcels)} parcels, complete: {tracking.complete}"
        with hub.store.unit_of_work() as unit:
            job.begin_call(unit)
            mark_sent(unit, shop.id, TRACKING, [(wish, value)])
        problem = _push(writer, tracking)
        with hub.store.unit_of_work() as unit:
            if problem:
                refuse(unit, shop.id, TRACKING, wish, problem)
            else:
                confirm(unit, shop.id, TRACKING, wish, value)
                stock_moved(unit, _items_not_taken(unit, wish.target))
        done, refused = done + (not problem), refused + bool(problem)
    return _finish(hub, job, shop.id, done, refused)


def _items_not_taken(unit: Unit, order_id: str) -> set[str]:
    """Items whose stock the shop may lower only now, because the order was completed."""
    line = tables.order_line
    query = select(line.c.stock_item_id).where(
        line.c.order_id == order_id,
        line.c.stock_item_id.is_not(None),
        line.c.stock_taken < line.c.quantity,
    )
    return set(unit.execute(query).scalars())


def _push(writer: PushTracking, tracking: OrderTracking) -> str:
    try:
        writer.push_tracking(tracking)
    except RejectedError as error:
        return error.reason
    return ""


def _finish(hub: Hub, job: RunningJob, shop_id: str, done: int, refused: int) -> JobResult:
    counters = {"seen": done + refused, "updated": done, "failed": refused}
    outcome = "partial" if refused else "ok"
    with hub.store.unit_of_work() as unit:
        if open_wishes(unit.connection, shop_id, TRACKING, 1):
            insert_jobs(unit, [draft("publish_tracking", shop_id, shop_id, run_at=unit.now)])
        job.finish(unit, outcome, counters)
    return JobResult(outcome, counters)
