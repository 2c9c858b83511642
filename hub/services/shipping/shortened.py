"""A parcel that will leave with less than was planned, or not at all."""

from collections.abc import Mapping

from sqlalchemy import delete, select, update

from hub.records.order import HoldReason
from hub.services.context import Hub
from hub.services.orders.holds import place_hold
from hub.services.shipping.labels import end_parcel, withdraw_label
from hub.services.shipping.voids import owe_void
from hub.store import tables
from hub.store.unit_of_work import Unit

_shipment, _part = tables.shipment, tables.shipment_line


def shorten_parcel(
    unit: Unit, hub: Hub, fulfilment_order_id: str, missing: Mapping[str, int]
) -> None:
    """Take units out of the waiting parcel of a piece of work, by order line.

    An empty parcel is not sent: a label that nobody asked for yet is not asked for, one that was
    bought is given back where the carrier takes it. Where it does not, the parcel is over as well.
    """
    row = unit.execute(
        select(_shipment)
        .where(_shipment.c.fulfilment_order_id == fulfilment_order_id,
               _shipment.c.state.in_(["draft", "label_purchased"]))
        .with_for_update()
    ).first()  # fmt: skip
    if row is None:
        return  # the boxes are not closed yet
    for line_id, units in missing.items():
        _take_out(unit, row.id, line_id, units)
    left = select(_part.c.order_line_id).where(_part.c.shipment_id == row.id).limit(1)
    if unit.execute(left).first() is not None:
        return
    if row.state == "label_purchased":
        if not owe_void(unit, hub, row):  # nobody takes it back: it is paid for nothing
            end_parcel(unit, row.id, row.fulfilment_order_id)
    elif withdraw_label(unit, row.id, "nothing is left to put into the parcel"):
        end_parcel(unit, row.id, row.fulfilment_order_id)
    else:  # it may be bought at this moment: then it is given back
        note = "nothing is left to put into a parcel whose label is being bought"
        place_hold(unit, row.order_id, HoldReason.CHANGED, note, by="sync")


def _take_out(unit: Unit, shipment_id: str, line_id: str, units: int) -> None:
    here = (_part.c.shipment_id == shipment_id) & (_part.c.order_line_id == line_id)
    fewer = {"quantity": _part.c.quantity - units}
    if not unit.changed(update(_part).where(here, _part.c.quantity > units).values(fewer)):
        unit.execute(delete(_part).where(here))
