"""Parcels on their way back: followed by the carrier's scans, or by the customer's word."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from hub.domain.lifecycle import advance_shipment
from hub.domain.returns import OVER
from hub.records.shipment import ShipmentState, TrackingEvent
from hub.records.ticket import ExceptionKind
from hub.sdk.capabilities import TrackParcels
from hub.services.context import Hub
from hub.services.returns.labels import take_labels_back
from hub.services.returns.rows import (
    MOVING,
    ReturnRefusedError,
    get_return,
    lock_return,
    refresh_state,
    tell,
)
from hub.services.tickets.exceptions import open_exception
from hub.store import tables
from hub.store.jobs import JobResult, LookAgain, RunningJob
from hub.store.unit_of_work import Unit

LOOK_AGAIN = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=90)
ARRIVED = frozenset({ShipmentState.DELIVERED, ShipmentState.RETURNED, ShipmentState.VOIDED})
GONE = frozenset({ShipmentState.LOST, ShipmentState.DAMAGED})

_parcel = tables.return_parcel


def follow_return_parcel(hub: Hub, job: RunningJob) -> JobResult:
    """Ask the carrier where a returned parcel is, until it is here or nobody waits for it."""
    with hub.store.reading() as database:
        row = database.execute(select(_parcel).where(_parcel.c.id == job.subject)).one()
        over = get_return(database, row.return_id).state() in OVER
    if over or row.connection_id is None:
        return _let_go(hub, row.return_id)
    tracker = hub.open(hub.connection(row.connection_id)).offering(TrackParcels)
    if tracker is None or not row.tracking_number:
        return JobResult("no_change")  # nobody tracks it, and the hub invents nothing
    scans = tracker.track_parcel(row.tracking_number)
    with hub.store.unit_of_work() as unit:
        state = record_scans(unit, row.id, scans)
        now = unit.now
    if state in ARRIVED or now - row.created_at > GIVE_UP_AFTER:
        return JobResult("ok", {"seen": len(scans)})
    raise LookAgain(now + LOOK_AGAIN, f"the parcel is {state}")


def _let_go(hub: Hub, return_id: str) -> JobResult:
    """Give back the label of a return that was over before its label came."""
    with hub.store.unit_of_work() as unit:
        take_labels_back(unit, hub, lock_return(unit, return_id))
    return JobResult("no_change")


def record_scans(unit: Unit, parcel_id: str, scans: tuple[TrackingEvent, ...]) -> ShipmentState:
    """Move a parcel by its scans; gives where it is. The goods count when they are unpacked."""
    mine = select(_parcel).where(_parcel.c.id == parcel_id)
    lock_return(unit, unit.execute(mine).one().return_id)
    row = unit.execute(mine).one()
    before = state = ShipmentState(row.state)
    for scan in sorted(scans, key=lambda scan: scan.occurred_at):
        state = advance_shipment(state, scan.code)
    if state == before:
        return state
    values: dict[str, Any] = {"state": state.value}
    if state in MOVING:
        values["sent_at"] = row.sent_at or unit.now
    if state == ShipmentState.DELIVERED:
        values["delivered_at"] = unit.now
    moved = update(_parcel).where(_parcel.c.id == parcel_id, _parcel.c.state == before.value)
    if unit.changed(moved.values(values)):
        tell(unit, row.return_id, f"its parcel is {state.replace('_', ' ')}", "carrier")
        if state in GONE:
            _say_lost(unit, row.return_id, state)
        refresh_state(unit, row.return_id)
    return state


def _say_lost(unit: Unit, return_id: str, state: ShipmentState) -> None:
    stored = get_return(unit.connection, return_id)
    kind = (
        ExceptionKind.RETURN_LOST if state == ShipmentState.LOST else ExceptionKind.RETURN_DAMAGED
    )
    sentence = f"the carrier says that the parcel of {stored.row.number} is {state}"
    open_exception(unit, kind, return_id, sentence, stored.row.order_id)


def note_sent(hub: Hub, number: str, tracking_number: str, by: str) -> None:
    """Take the customer's word that the parcel is on its way; an approval then no longer ends."""
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        waiting = [one for one in stored.parcels if one.state in ("draft", "label_purchased")]
        if not waiting:
            raise ReturnRefusedError(f"{stored.row.number} waits for no parcel")
        told = {"tracking_number": tracking_number} if tracking_number else {}
        unit.execute(
            update(_parcel)
            .where(_parcel.c.id == waiting[-1].id)
            .values(state=ShipmentState.IN_TRANSIT.value, sent_at=unit.now, **told)
        )
        tell(unit, stored.id, "the customer says that it is on its way", by)
        refresh_state(unit, stored.id)
