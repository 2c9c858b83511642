"""A parcel that is to leave: its draft and the label that is owed for it."""

from collections.abc import Mapping

from sqlalchemy import func, select

from hub.records.connection import ConnectionState, Family
from hub.records.warehouse import LabelWhen
from hub.sdk.capabilities import BuyLabel
from hub.services.context import Hub
from hub.services.shipping.labels import LABEL
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import Connected, list_connections
from hub.store.ids import new_id
from hub.store.orders import StoredOrder
from hub.store.unit_of_work import Unit

_shipment = tables.shipment


def sellers(hub: Hub, unit: Unit, what: type = BuyLabel) -> list[Connected]:
    """The connected carriers that may sell labels, in use or not; rate shopping joins here.

    `what` is the capability asked for: labels to the customer, or back.
    """
    return [
        carrier
        for carrier in list_connections(unit.connection, Family.CARRIER)
        if carrier.writes and carrier.state != ConnectionState.DISABLED
        and what in hub.registry.connector(carrier.connector).provides
    ]  # fmt: skip


def seller_for(hub: Hub, unit: Unit, order: StoredOrder) -> Connected | None:
    """Choose the carrier of an order's parcels: one that may be asked now before one that waits."""
    known = sellers(hub, unit)
    return next((one for one in known if one.state == ConnectionState.ACTIVE), None) or next(
        iter(known), None
    )


def waits_for_its_box(unit: Unit, location_id: str) -> bool:
    """Whether a location closes its boxes first: then parcels and labels come from packing."""
    place = tables.location
    query = select(place.c.label_when).where(place.c.id == location_id)
    return bool(unit.execute(query).scalar_one() == LabelWhen.PACKED)


def owe_parcel(
    unit: Unit, order_id: str, fulfilment_order_id: str, location_id: str, carrier_id: str,
    contents: Mapping[str, int], weight_g: int,
) -> str:  # fmt: skip
    """Write a parcel of these units by order line, and owe its label; gives the parcel's id."""
    shipment_id = new_id()
    used = select(func.coalesce(func.max(_shipment.c.generation), 0)).where(
        _shipment.c.fulfilment_order_id == fulfilment_order_id
    )
    unit.execute(
        _shipment.insert().values(
            id=shipment_id, order_id=order_id, fulfilment_order_id=fulfilment_order_id,
            location_id=location_id, connection_id=carrier_id, weight_g=weight_g,
            service=_wanted_service(unit, order_id),
            generation=unit.execute(used).scalar_one() + 1, created_at=unit.now,
        )
    )  # fmt: skip
    unit.execute(
        tables.shipment_line.insert(),
        [
            {"shipment_id": shipment_id, "order_line_id": line_id, "quantity": units}
            for line_id, units in contents.items()
        ],
    )
    effect_id = effects.prepare(unit, LABEL, carrier_id, f"label:{shipment_id}:1", shipment_id)
    if effect_id:
        owe(unit, "perform_effect", effect_id, carrier_id)
    return shipment_id


def _wanted_service(unit: Unit, order_id: str) -> str:
    orders = tables.sales_order
    return str(
        unit.execute(select(orders.c.wanted_service).where(orders.c.id == order_id)).scalar_one()
    )
