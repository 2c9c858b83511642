"""What each kind of effect asks of a vendor, how it is looked for, what is recorded after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, select, update

from hub.records.address import Party
from hub.records.base import Record
from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.records.shipment import Label, LabelRequest, Package, ShipmentNotice
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, BuyLabel, PushShipment
from hub.services.holds import place_hold
from hub.services.parcels import parcel_notice
from hub.services.work import owe
from hub.store import tables
from hub.store.effects import Effect
from hub.store.orders import get_order, refresh_phase
from hub.store.people import ErasedError, open_parties, seal_for
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

LABEL = "label"
ANNOUNCEMENT = "announcement"


@dataclass(frozen=True)
class EffectKind:
    """The three beats of a kind: read the request, call (or look), record the answer."""

    capability: type
    load: Callable[[Connection, Keyring, Effect], Record]
    call: Callable[[Opened, Any, str], Any]
    find: Callable[[Opened, Any, str], Any]
    name: Callable[[Any], str]
    """The vendor's id in an answer."""
    succeeded: Callable[[Unit, Effect, Any], None]
    refused: Callable[[Unit, Effect, str], None]
    withdrawn: Callable[[Unit, Effect], bool]
    """Whether nobody needs it any more; asked in the commit that would send it."""


def _load_label(database: Connection, keyring: Keyring, effect: Effect) -> LabelRequest:
    shipment, order, place = tables.shipment, tables.sales_order, tables.location
    row = database.execute(
        select(shipment.c.weight_g, shipment.c.service, order.c.number, order.c.party_id, place)
        .join(order, order.c.id == shipment.c.order_id)
        .join(place, place.c.id == shipment.c.location_id)
        .where(shipment.c.id == effect.subject_id)
    ).one()
    receiver = open_parties(database, keyring, row.party_id).receiver
    if receiver is None:
        raise ErasedError("there is nobody to ship to")
    return LabelRequest(
        reference=row.number, service=row.service or None, ship_to=receiver,
        ship_from=Party(
            company=row.title, street=(row.street,) if row.street else (), city=row.city,
            region=row.region, postal_code=row.postal_code, country=row.country,
        ),
        package=Package(weight_g=max(1, row.weight_g)),
    )  # fmt: skip


def _buy_label(opened: Opened, request: LabelRequest, key: str) -> Label:
    return _offered(opened, BuyLabel).buy_label(request, key=key)


def _find_label(opened: Opened, request: LabelRequest, key: str) -> Label | None:
    return _offered(opened, BuyLabel).find_label(request, key=key)


def _label_bought(unit: Unit, effect: Effect, label: Label) -> None:
    shipment, order, party = tables.shipment, tables.sales_order, tables.party
    row = unit.execute(
        select(shipment.c.order_id, order.c.connection_id, party.c.person_id)
        .join(order, order.c.id == shipment.c.order_id)
        .join(party, party.c.id == order.c.party_id)
        .where(shipment.c.id == effect.subject_id)
    ).one()
    unit.execute(
        update(shipment)
        .where(shipment.c.id == effect.subject_id, shipment.c.state == "draft")
        .values(
            state="label_purchased", service=label.service, tracking_number=label.tracking_number,
            tracking_url=label.tracking_url, label_external_id=label.external_id,
            label_format=label.format.value, cost_minor=label.cost.minor,
            cost_currency=label.cost.currency, labelled_at=unit.now,
            sealed_label=seal_for(
                unit, row.person_id, label.document, f"label:{effect.subject_id}"
            ),
        )
    )  # fmt: skip
    unit.record(EventKind.LABEL_BOUGHT, effect.subject_id, row.connection_id)
    refresh_phase(unit, [row.order_id])


def _label_refused(unit: Unit, effect: Effect, reason: str) -> None:
    shipment = tables.shipment
    order_id = unit.execute(
        select(shipment.c.order_id).where(shipment.c.id == effect.subject_id)
    ).scalar_one()
    note = f"the carrier refused the label: {reason}"
    place_hold(unit, order_id, HoldReason.POLICY, note, by="carrier")
    refresh_phase(unit, [order_id])


_OVER = {"cancelled": "cancel_order", "finished": "book_channel_shipment"}


def _label_withdrawn(unit: Unit, effect: Effect) -> bool:
    """The shop is done with the order: what the parcel still holds is given back."""
    shipment, order = tables.shipment, tables.sales_order
    row = unit.execute(
        select(order.c.id, order.c.channel_state)
        .join(shipment, shipment.c.order_id == order.c.id)
        .where(shipment.c.id == effect.subject_id)
    ).one()
    if row.channel_state in _OVER:
        owe(unit, _OVER[row.channel_state], row.id)
    return row.channel_state in _OVER


def _load_announcement(database: Connection, keyring: Keyring, effect: Effect) -> ShipmentNotice:
    shipment = tables.shipment
    order_id = database.execute(
        select(shipment.c.order_id).where(shipment.c.id == effect.subject_id)
    ).scalar_one()
    parcel = parcel_notice(database, effect.subject_id)
    tracking = f" Tracking number: {parcel.tracking_number}." if parcel.tracking_number else ""
    return ShipmentNotice(
        order_external_id=get_order(database, order_id).external_id, parcel=parcel,
        text=f"Your parcel is on its way with {parcel.carrier}.{tracking}",
    )  # fmt: skip


def _announce(opened: Opened, notice: ShipmentNotice, key: str) -> Accepted:
    return _offered(opened, PushShipment).push_shipment(notice, key=key)


def _find_announcement(opened: Opened, notice: ShipmentNotice, key: str) -> Accepted | None:
    return _offered(opened, PushShipment).find_shipment(notice, key=key)


def _nothing_more(unit: Unit, effect: Effect, answer: Any) -> None:
    """The effect's own row says all there is to say."""


T = TypeVar("T")


def _offered(opened: Opened, capability: type[T]) -> T:
    found = opened.offering(capability)
    assert found is not None, f"{opened.descriptor.name} does not provide {capability.__name__}"
    return found


EFFECTS: Mapping[str, EffectKind] = {
    LABEL: EffectKind(
        BuyLabel, _load_label, _buy_label, _find_label, lambda label: label.external_id,
        _label_bought, _label_refused, _label_withdrawn,
    ),
    ANNOUNCEMENT: EffectKind(
        PushShipment, _load_announcement, _announce, _find_announcement,
        lambda accepted: accepted.external_id, _nothing_more, _nothing_more,
        lambda unit, effect: False,
    ),
}  # fmt: skip
