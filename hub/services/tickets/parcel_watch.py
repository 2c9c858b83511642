"""Parcels in trouble: what a carrier reports becomes an exception, and its end closes it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hub.domain.tickets import PARCEL_KINDS
from hub.records.order import Phase
from hub.records.shipment import ShipmentState
from hub.records.ticket import ExceptionKind, Severity
from hub.services.context import Hub
from hub.services.orders.reship import reshipped_parcel
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import tables
from hub.store.jobs import JobResult, RunningJob
from hub.store.unit_of_work import Unit

_shipment = tables.shipment

TROUBLE: Mapping[ShipmentState, tuple[ExceptionKind, Severity, str]] = {
    ShipmentState.DELIVERY_FAILED: (
        ExceptionKind.DELIVERY_FAILED, Severity.MINOR, "could not be delivered",
    ),
    ShipmentState.LOST: (ExceptionKind.PARCEL_LOST, Severity.MAJOR, "is lost"),
    ShipmentState.DAMAGED: (ExceptionKind.PARCEL_DAMAGED, Severity.MAJOR, "was damaged"),
    ShipmentState.RETURNING: (
        ExceptionKind.PARCEL_RETURNING, Severity.MAJOR, "is coming back undelivered",
    ),
    ShipmentState.RETURNED: (
        ExceptionKind.PARCEL_RETURNING, Severity.MAJOR, "came back undelivered",
    ),
}  # fmt: skip
"""State of a parcel → what went wrong, how bad it is, and how it is told."""


def watch_parcel(hub: Hub, job: RunningJob) -> JobResult:
    """A parcel moved: say what is wrong with it now, and close what no longer is."""
    with hub.store.unit_of_work() as unit:
        row = unit.execute(select(_shipment).where(_shipment.c.id == job.subject)).one()
        trouble = TROUBLE.get(ShipmentState(row.state))
        if trouble is not None:
            kind, severity, how = trouble
            sentence = f"{_named(unit, row)} {how}"
            open_exception(unit, kind, row.id, sentence, row.order_id, severity)
        current = trouble[0] if trouble else None
        for kind in sorted(PARCEL_KINDS - {current}):  # opened before: one incident, one ticket
            close_exception(unit, kind, row.id, f"{_named(unit, row)} is {row.state}")
        _settle_first_parcel(unit, row)
        outcome = "ok" if trouble else "no_change"
        job.finish(unit, outcome)
    return JobResult(outcome)


def _named(unit: Unit, row: Any) -> str:
    order = tables.sales_order
    number = unit.execute(select(order.c.number).where(order.c.id == row.order_id)).scalar_one()
    return f"parcel {row.tracking_number or row.id} of {number}"


def _settle_first_parcel(unit: Unit, row: Any) -> None:
    """What was sent again for a lost parcel has arrived: its trouble is over."""
    first = reshipped_parcel(unit, row.order_id)
    if first is None:
        return
    order = tables.sales_order
    sent = unit.execute(
        select(order.c.number, order.c.phase).where(order.c.id == row.order_id)
    ).one()
    if sent.phase == Phase.DELIVERED.value:
        for kind in sorted(PARCEL_KINDS):
            close_exception(unit, kind, first, f"{sent.number} was sent again and is delivered")


def note_silence(unit: Unit, shipment_id: str, order_id: str, after: timedelta) -> None:
    """Say that nobody asks the carrier about a parcel any more, and nobody knows where it is."""
    sentence = f"nothing certain is known of a parcel {after.days} days after it left"
    open_exception(unit, ExceptionKind.PARCEL_SILENT, shipment_id, sentence, order_id)
