"""Announcements as effects: the shop, and through it the customer, is told of a parcel once."""

from sqlalchemy import Connection, select

from hub.records.shipment import ShipmentNotice
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, PushShipment
from hub.services.effects.effect_kind import EffectKind, always_wanted, nothing_more, offered
from hub.services.shipping.parcels import parcel_notice
from hub.store import tables
from hub.store.effects import Effect
from hub.store.orders import get_order
from hub.store.sealing import Keyring

ANNOUNCEMENT = "announcement"


def _load_announcement(database: Connection, keyring: Keyring, effect: Effect) -> ShipmentNotice:
    shipment = tables.shipment
    order_id = database.execute(
        select(shipment.c.order_id).where(shipment.c.id == effect.subject_id)
    ).scalar_one()
    order = get_order(database, order_id)
    parcel = parcel_notice(database, effect.subject_id)
    if order.replaces_id is not None:  # the shop knows the first order, and none of these lines
        order = get_order(database, order.replaces_id)
        parcel = parcel.model_copy(update={"lines": ()})
    tracking = f" Tracking number: {parcel.tracking_number}." if parcel.tracking_number else ""
    return ShipmentNotice(
        order_external_id=order.external_id, parcel=parcel,
        text=f"Your parcel is on its way with {parcel.carrier}.{tracking}",
    )  # fmt: skip


def _announce(opened: Opened, notice: ShipmentNotice, key: str) -> Accepted:
    return offered(opened, PushShipment).push_shipment(notice, key=key)


def _find_announcement(opened: Opened, notice: ShipmentNotice, key: str) -> Accepted | None:
    return offered(opened, PushShipment).find_shipment(notice, key=key)


ANNOUNCEMENT_KIND = EffectKind(
    PushShipment, _load_announcement, _announce, _find_announcement,
    lambda accepted: accepted.external_id, nothing_more, nothing_more, nothing_more, always_wanted,
)  # fmt: skip
