"""Labels for the way back: bought as effects where a carrier sells them, taken back if unused."""

from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.effects import Need
from hub.records.address import Party
from hub.records.connection import ConnectionState
from hub.records.return_policy import ReturnPolicy
from hub.records.shipment import Label, LabelRequest, LabelVoid, Package
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, BuyReturnLabel, VoidLabel
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, nothing_more, offered
from hub.services.returns.rows import MOVING, StoredReturn, refresh_state, tell
from hub.services.shipping.parcel_orders import sellers
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import Connected, get_connection
from hub.store.effects import Effect
from hub.store.ids import new_id
from hub.store.people import ErasedError, open_parties, seal_for
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

RETURN_LABEL = "return_label"
RETURN_VOID = "return_void"
BY_THEMSELVES = "the customer sends it by a carrier of their own choice"

_parcel = tables.return_parcel
_return = tables.sales_return


def owe_label(unit: Unit, hub: Hub, stored: StoredReturn, policy: ReturnPolicy) -> None:
    """Owe the label of an approved return; without a carrier that sells one, say who ships."""
    wanted = any(line.reason in policy.label_reasons for line in stored.lines)
    carrier = _seller(unit, hub, stored) if wanted else None
    parcel_id = new_id()
    unit.execute(
        _parcel.insert().values(
            id=parcel_id, return_id=stored.id, connection_id=carrier.id if carrier else None,
            state="draft", weight_g=_weight(unit, hub, stored), created_at=unit.now,
        )
    )  # fmt: skip
    if carrier is None:
        return tell(unit, stored.id, BY_THEMSELVES, "policy")
    effect_id = effects.prepare(
        unit, RETURN_LABEL, carrier.id, f"return_label:{parcel_id}", parcel_id
    )
    if effect_id:
        owe(unit, "perform_effect", effect_id, carrier.id)


def _seller(unit: Unit, hub: Hub, stored: StoredReturn) -> Connected | None:
    """Give the carrier that brought the goods, else any other, if it sells return labels."""
    shipment = tables.shipment
    brought = unit.execute(
        select(shipment.c.connection_id)
        .where(shipment.c.order_id == stored.row.order_id)
        .order_by(shipment.c.id.desc())
    ).scalars().first()  # fmt: skip
    known = sellers(hub, unit, BuyReturnLabel)
    in_use = [one for one in known if one.state == ConnectionState.ACTIVE]
    return next((one for one in in_use if one.id == brought), next(iter(in_use), None))


def _weight(unit: Unit, hub: Hub, stored: StoredReturn) -> int:
    variant = tables.variant
    known = unit.execute(
        select(variant.c.stock_item_id, variant.c.weight_g).where(
            variant.c.stock_item_id.in_([line.stock_item_id for line in stored.lines])
        )
    ).all()
    weights = {row.stock_item_id: row.weight_g for row in known}
    each = hub.policy.default_package_g
    goods = sum(
        (weights.get(line.stock_item_id) or each) * line.authorised for line in stored.lines
    )
    return int(goods) + hub.policy.packaging_g


def parcel_is_here(unit: Unit, return_id: str) -> None:
    """Take what was unpacked as delivered; a label that was not bought yet is needed no more."""
    mine = update(_parcel).where(_parcel.c.return_id == return_id)
    unneeded = mine.where(_parcel.c.state == "draft", _parcel.c.connection_id.is_not(None))
    unit.execute(unneeded.values(state="voided"))
    sent = mine.where(_parcel.c.state.in_(["draft", "label_purchased", *MOVING]))
    unit.execute(sent.values(state="delivered", delivered_at=unit.now))


def take_labels_back(unit: Unit, hub: Hub, stored: StoredReturn) -> None:
    """End the parcels that were not sent; a bought label is given back where its carrier agrees."""
    for parcel in stored.parcels:
        if parcel.state == "draft":
            _set(unit, parcel.id, ("draft",), state="voided")
        elif parcel.state == "label_purchased":
            _owe_void(unit, hub, stored.id, parcel)


def _owe_void(unit: Unit, hub: Hub, return_id: str, parcel: Any) -> None:
    carrier = get_connection(unit.connection, parcel.connection_id)
    if VoidLabel not in hub.registry.connector(carrier.connector).provides:
        return tell(unit, return_id, "its carrier takes no label back", "policy")
    key = f"void:return_label:{parcel.id}"
    effect_id = effects.prepare(unit, RETURN_VOID, carrier.id, key, parcel.id)
    if effect_id:
        owe(unit, "perform_effect", effect_id, carrier.id)


def _load_label(database: Connection, keyring: Keyring, effect: Effect) -> LabelRequest:
    place, order = tables.location, tables.sales_order
    row = database.execute(
        select(_parcel.c.weight_g, _parcel.c.service, _return.c.number, order.c.party_id, place)
        .join(_return, _return.c.id == _parcel.c.return_id)
        .join(order, order.c.id == _return.c.order_id)
        .join(place, place.c.id == _return.c.location_id)
        .where(_parcel.c.id == effect.subject_id)
    ).one()
    sender = open_parties(database, keyring, row.party_id).receiver
    if sender is None:
        raise ErasedError("nobody is known who could send it")
    receiver = Party(
        company=row.title, street=(row.street,) if row.street else (), city=row.city,
        region=row.region, postal_code=row.postal_code, country=row.country,
    )  # fmt: skip
    return LabelRequest(
        reference=row.number,
        service=row.service or None,
        ship_from=sender,
        ship_to=receiver,
        package=Package(weight_g=max(1, row.weight_g)),
    )


def _buy(opened: Opened, request: LabelRequest, key: str) -> Label:
    return offered(opened, BuyReturnLabel).buy_return_label(request, key=key)


def _find(opened: Opened, request: LabelRequest, key: str) -> Label | None:
    return offered(opened, BuyReturnLabel).find_return_label(request, key=key)


def _bought(unit: Unit, effect: Effect, label: Label | Accepted) -> None:
    """Keep the label; one that came for a return that is over meanwhile is given back next.

    One that a person found at the carrier is printed there, and has no document here.
    """
    order, party = tables.sales_order, tables.party
    row = unit.execute(
        select(_return.c.id, party.c.person_id)
        .join(_parcel, _parcel.c.return_id == _return.c.id)
        .join(order, order.c.id == _return.c.order_id)
        .join(party, party.c.id == order.c.party_id)
        .where(_parcel.c.id == effect.subject_id)
    ).one()
    _set(
        unit, effect.subject_id, ("draft", "voided"), state="label_purchased",
        label_external_id=label.external_id, labelled_at=unit.now,
        **(_particulars(unit, row.person_id, effect, label) if isinstance(label, Label) else {}),
    )  # fmt: skip
    tell(unit, row.id, "the return label is there: hub returns label", "carrier")
    owe(unit, "follow_return_parcel", effect.subject_id, effect.connection_id)
    refresh_state(unit, row.id)


def _particulars(unit: Unit, person_id: str, effect: Effect, label: Label) -> dict[str, Any]:
    return {
        "service": label.service, "tracking_number": label.tracking_number,
        "tracking_url": label.tracking_url, "label_format": label.format.value,
        "cost_minor": label.cost.minor, "cost_currency": label.cost.currency,
        "sealed_label": seal_for(unit, person_id, label.document, f"label:{effect.subject_id}"),
    }  # fmt: skip


def _refused(unit: Unit, effect: Effect, reason: str) -> None:
    """Without a label the customer ships it as they like."""
    return_id = _return_of(unit, effect)
    tell(unit, return_id, f"the carrier sells no label for it ({reason}): {BY_THEMSELVES}", "hub")
    refresh_state(unit, return_id)


def _withdrawn(unit: Unit, effect: Effect) -> None:
    _set(unit, effect.subject_id, ("draft",), state="voided")
    refresh_state(unit, _return_of(unit, effect))


def _need(database: Connection, effect: Effect) -> Need:
    state = database.execute(
        select(_parcel.c.state).where(_parcel.c.id == effect.subject_id)
    ).scalar_one()
    return Need.WANTED if state == "draft" else Need.OVER


def _load_void(database: Connection, keyring: Keyring, effect: Effect) -> LabelVoid:
    label = select(_parcel.c.label_external_id).where(_parcel.c.id == effect.subject_id)
    return LabelVoid(label_external_id=database.execute(label).scalar_one())


def _void(opened: Opened, request: LabelVoid, key: str) -> Accepted:
    return offered(opened, VoidLabel).void_label(request.label_external_id, key=key)


def _voided(unit: Unit, effect: Effect, answer: Any) -> None:
    _set(unit, effect.subject_id, ("label_purchased",), state="voided")
    tell(unit, _return_of(unit, effect), "the return label was given back", "carrier")
    refresh_state(unit, _return_of(unit, effect))


def _void_refused(unit: Unit, effect: Effect, reason: str) -> None:
    told = f"the carrier does not take the return label back: {reason}"
    tell(unit, _return_of(unit, effect), told, "carrier")


def _void_need(database: Connection, effect: Effect) -> Need:
    state = database.execute(
        select(_parcel.c.state).where(_parcel.c.id == effect.subject_id)
    ).scalar_one()
    return Need.WANTED if state == "label_purchased" else Need.OVER


def _return_of(unit: Unit, effect: Effect) -> str:
    query = select(_parcel.c.return_id).where(_parcel.c.id == effect.subject_id)
    return str(unit.execute(query).scalar_one())


def _set(unit: Unit, parcel_id: str, states: tuple[str, ...], **values: Any) -> bool:
    here = update(_parcel).where(_parcel.c.id == parcel_id, _parcel.c.state.in_(states))
    return bool(unit.changed(here.values(values)))


RETURN_LABEL_KIND = EffectKind(
    BuyReturnLabel, _load_label, _buy, _find, lambda label: label.external_id, _bought, _refused,
    _withdrawn, _need,
)  # fmt: skip
RETURN_VOID_KIND = EffectKind(
    VoidLabel, _load_void, _void, None, lambda accepted: accepted.external_id, _voided,
    _void_refused, nothing_more, _void_need,
)  # fmt: skip
