"""Parcels as a shop should show them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from hub.domain.kits import whole_kits
from hub.records.shipment import OrderTracking, ParcelNotice
from hub.store import tables
from hub.store.orders import get_order

_shipment = tables.shipment
_part = tables.shipment_line
_line = tables.order_line


def parcel_notice(database: Connection, shipment_id: str) -> ParcelNotice:
    """Describe one parcel that was handed over, its lines by the channel's line ids."""
    row = database.execute(
        select(_shipment, tables.connection.c.title)
        .join(tables.connection, tables.connection.c.id == _shipment.c.connection_id)
        .where(_shipment.c.id == shipment_id)
    ).one()
    lines = database.execute(
        select(_line.c.external_id, _part.c.quantity)
        .join(_part, _part.c.order_line_id == _line.c.id)
        .where(_part.c.shipment_id == shipment_id, _line.c.parent_line_id.is_(None))
        .order_by(_line.c.position, _line.c.id)
    ).all()
    return ParcelNotice(
        carrier=row.title, tracking_number=row.tracking_number, tracking_url=row.tracking_url,
        shipped_at=row.handed_over_at, lines=(
            *((entry[0], entry[1]) for entry in lines), *_kits_completed(database, row)
        ),
    )  # fmt: skip


def _kits_completed(database: Connection, parcel: Any) -> Iterator[tuple[str, int]]:
    """Give the kits, by the channel's line id, of which this parcel took the last component."""
    when = _shipment.c.handed_over_at
    earlier = (when < parcel.handed_over_at) | (
        (when == parcel.handed_over_at) & (_shipment.c.id < parcel.id)
    )
    before = _units_left(database, parcel.order_id, earlier)
    with_it = _units_left(database, parcel.order_id, earlier | (_shipment.c.id == parcel.id))
    components = database.execute(
        select(_line).where(
            _line.c.order_id == parcel.order_id, _line.c.parent_line_id.is_not(None)
        )
    ).all()
    kits = database.execute(
        select(_line.c.id, _line.c.external_id)
        .where(_line.c.order_id == parcel.order_id, _line.c.is_kit)
        .order_by(_line.c.position, _line.c.id)
    )
    for kit in kits:
        own = [row for row in components if row.parent_line_id == kit.id]
        whole = [
            whole_kits((left.get(row.id, 0), row.per_kit) for row in own)
            for left in (before, with_it)
        ]
        if whole[1] > whole[0]:
            yield kit.external_id, whole[1] - whole[0]


def _units_left(database: Connection, order_id: str, which: ColumnElement[bool]) -> dict[str, int]:
    """Give the units of each line that are in these parcels of an order and have left."""
    rows = database.execute(
        select(_part.c.order_line_id, func.sum(_part.c.quantity).label("units"))
        .join(_shipment, _shipment.c.id == _part.c.shipment_id)
        .where(_shipment.c.order_id == order_id, _shipment.c.handed_over_at.is_not(None), which)
        .group_by(_part.c.order_line_id)
    )
    return {row.order_line_id: int(row.units) for row in rows}


def order_tracking(database: Connection, order_id: str) -> OrderTracking:
    """Describe all parcels of an order that left, and whether nothing is left to ship."""
    order = get_order(database, order_id)
    left = database.execute(
        select(_shipment.c.id)
        .where(_shipment.c.order_id == order_id, _shipment.c.handed_over_at.is_not(None))
        .order_by(_shipment.c.id)
    ).scalars()
    return OrderTracking(
        order_external_id=order.external_id,
        parcels=tuple(parcel_notice(database, shipment_id) for shipment_id in left),
        complete=all(line.counters.open == 0 for line in order.lines),
    )
