"""Hand-over: the parcel left the building. Stock is issued, the shop is owed the news."""

from typing import Any

from sqlalchemy import ColumnElement, select, update

from hub.records.events import EventKind
from hub.records.order import ChannelState
from hub.sdk.capabilities import PushShipment, PushTracking, TrackParcels
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.effects.effect_kinds import ANNOUNCEMENT
from hub.services.shipping.labels import contents_of, settle_work
from hub.services.shipping.voids import is_being_voided
from hub.services.work import owe
from hub.store import effects, ledger, tables
from hub.store.connections import get_connection
from hub.store.desired import TRACKING, want
from hub.store.orders import refresh_phase
from hub.store.unit_of_work import Unit

_shipment = tables.shipment


class NotHandedOverError(HubError):
    """A parcel cannot be handed over as it is; the text says why."""


def hand_over(hub: Hub, shipment_id: str) -> bool:
    """Record that a labelled parcel left; False when that was recorded before."""
    with hub.store.unit_of_work() as unit:
        return hand_over_in(unit, hub, shipment_id)


def hand_over_in(unit: Unit, hub: Hub, shipment_id: str) -> bool:
    """Record a hand-over inside an open unit: by a command, a scan or the carrier's first event."""
    parcel = select(_shipment).where(_shipment.c.id == shipment_id)
    row = unit.execute(parcel.with_for_update()).one()
    if row.handed_over_at is not None:
        return False
    if is_being_voided(unit, shipment_id):
        raise NotHandedOverError("the carrier was asked to take its label back")
    contents = contents_of(unit, shipment_id)
    if not contents:
        raise NotHandedOverError("nothing is left in the parcel; its label is given back")
    left = unit.changed(
        update(_shipment)
        .where(_shipment.c.id == shipment_id, _shipment.c.state == "label_purchased")
        .values(state="handed_over", handed_over_at=unit.now)
    )
    if not left:
        raise NotHandedOverError(f"the parcel is {row.state}; only a labelled one can leave")
    ledger.ship(unit, row.fulfilment_order_id, shipment_id, contents)
    settle_work(unit, row.fulfilment_order_id)
    _tell_the_shop(unit, hub, row.order_id, shipment_id)
    _follow_the_parcel(unit, hub, row)
    refresh_phase(unit, [row.order_id])
    return True


def _tell_the_shop(unit: Unit, hub: Hub, order_id: str, shipment_id: str) -> None:
    order = tables.sales_order
    row = unit.execute(
        select(order.c.connection_id, order.c.replaces_id).where(order.c.id == order_id)
    ).one()
    shop_id = row.connection_id
    shop = get_connection(unit.connection, shop_id)
    provides = hub.registry.connector(shop.connector).provides
    if PushShipment in provides:
        key = f"announcement:{shipment_id}"
        effect_id = effects.prepare(unit, ANNOUNCEMENT, shop_id, key, shipment_id)
        if effect_id:
            owe(unit, "perform_effect", effect_id, shop_id)
    if PushTracking in provides and row.replaces_id is None:
        want(unit, shop_id, TRACKING, [order_id])
    unit.record(EventKind.PARCEL_HANDED_OVER, shipment_id, shop_id)


def _follow_the_parcel(unit: Unit, hub: Hub, row: Any) -> None:
    """Ask the carrier from now on; where nobody tracks, nothing is invented."""
    carrier = get_connection(unit.connection, row.connection_id)
    if row.tracking_number and TrackParcels in hub.registry.connector(carrier.connector).provides:
        owe(unit, "track_parcel", row.id, carrier.id)


def ready_to_leave(hub: Hub) -> list[str]:
    """Give the labelled parcels of orders that are neither held nor cancelled, oldest first."""
    order, hold = tables.sales_order, tables.hold
    held = select(hold.c.order_id).where(hold.c.released_at.is_(None))
    query = (
        select(_shipment.c.id)
        .join(order, order.c.id == _shipment.c.order_id)
        .where(
            _is_labelled(),
            order.c.channel_state != ChannelState.CANCELLED.value,
            order.c.id.not_in(held),
        )
        .order_by(_shipment.c.id)
    )
    with hub.store.reading() as database:
        return list(database.execute(query).scalars())


def _is_labelled() -> ColumnElement[bool]:
    part = tables.shipment_line
    filled = select(part.c.shipment_id).where(part.c.shipment_id == _shipment.c.id).exists()
    return (_shipment.c.state == "label_purchased") & filled


def labelled_shipments(hub: Hub, order_id: str | None = None) -> list[str]:
    """Give the parcels that have a label and wait to leave, oldest first."""
    query = select(_shipment.c.id).where(_is_labelled())
    if order_id is not None:
        query = query.where(_shipment.c.order_id == order_id)
    with hub.store.reading() as database:
        return list(database.execute(query.order_by(_shipment.c.id)).scalars())
