"""Parcels as a shop should show them."""

from sqlalchemy import Connection, select

from hub.records.shipment import OrderTracking, ParcelNotice
from hub.store import tables
from hub.store.orders import get_order

_shipment = tables.shipment


def parcel_notice(database: Connection, shipment_id: str) -> ParcelNotice:
    """Describe one parcel that was handed over, its lines by the channel's line ids."""
    row = database.execute(
        select(_shipment, tables.connection.c.title)
        .join(tables.connection, tables.connection.c.id == _shipment.c.connection_id)
        .where(_shipment.c.id == shipment_id)
    ).one()
    part, line = tables.shipment_line, tables.order_line
    lines = database.execute(
        select(line.c.external_id, part.c.quantity)
        .join(part, part.c.order_line_id == line.c.id)
        .where(part.c.shipment_id == shipment_id)
        .order_by(line.c.position, line.c.id)
    )
    return ParcelNotice(
        carrier=row.title, tracking_number=row.tracking_number, tracking_url=row.tracking_url,
        shipped_at=row.handed_over_at, lines=tuple((entry[0], entry[1]) for entry in lines),
    )  # fmt: skip


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
