"""Labels given back, as effects: the parcel of an order that changed or was cancelled."""

from typing import Any

from sqlalchemy import Connection, select

from hub.domain.effects import EffectState, Need
from hub.records.order import HoldReason
from hub.records.shipment import LabelVoid
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, VoidLabel
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, nothing_more, offered
from hub.services.shipping.labels import OVER, contents_of, end_parcel, hold_as_refused
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import get_connection
from hub.store.effects import Effect
from hub.store.orders import refresh_phase
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

VOID = "void"

_shipment = tables.shipment


def owe_voids(unit: Unit, hub: Hub, order_id: str) -> int:
    """Owe the return of every bought label that has not left, where its carrier takes them back."""
    bought = unit.execute(
        select(_shipment)
        .where(_shipment.c.order_id == order_id, _shipment.c.state == "label_purchased")
        .with_for_update()  # it may be handed over at this moment
    ).all()
    return sum(owe_void(unit, hub, row) for row in bought)


def owe_void(unit: Unit, hub: Hub, row: Any) -> bool:
    """Owe the return of one bought label, by its parcel's row; False where nobody takes it back."""
    carrier = get_connection(unit.connection, row.connection_id)
    if VoidLabel not in hub.registry.connector(carrier.connector).provides:
        return False
    key = f"void:label:{row.id}:{row.generation}"
    effect_id = effects.prepare(unit, VOID, carrier.id, key, row.id)
    if effect_id:
        owe(unit, "perform_effect", effect_id, carrier.id)
    return effect_id is not None


def is_being_voided(unit: Unit, shipment_id: str) -> bool:
    """Whether the carrier was, or may have been, asked to take this label back.

    Nobody asks it until this unit ends. Whose row is taken is asking at this moment; to wait for
    them would be to wait in a circle, since they record the end in the parcel's row.
    """
    effect = tables.effect
    owed = select(effect.c.sends, effect.c.state).where(
        effect.c.subject_id == shipment_id, effect.c.kind == VOID
    )
    taken = unit.execute(owed.with_for_update(skip_locked=True)).all()
    known = unit.execute(owed).all()
    return len(taken) < len(known) or any(
        row.sends > 0 and row.state != EffectState.REFUSED for row in known
    )


def _load_void(database: Connection, keyring: Keyring, effect: Effect) -> LabelVoid:
    label = database.execute(
        select(_shipment.c.label_external_id).where(_shipment.c.id == effect.subject_id)
    ).scalar_one()
    return LabelVoid(label_external_id=label)


def _void(opened: Opened, request: LabelVoid, key: str) -> Accepted:
    return offered(opened, VoidLabel).void_label(request.label_external_id, key=key)


def _voided(unit: Unit, effect: Effect, answer: Any) -> None:
    """The parcel is no more: its units are free, and its order is looked at anew."""
    row = unit.execute(select(_shipment).where(_shipment.c.id == effect.subject_id)).one()
    freed = end_parcel(unit, row.id, row.fulfilment_order_id)
    stock_moved(unit, freed)
    if freed:
        owe(unit, "reserve_waiting", "")
    order = tables.sales_order
    state = unit.execute(
        select(order.c.channel_state).where(order.c.id == row.order_id)
    ).scalar_one()
    owe(unit, OVER.get(state, "rework_order"), row.order_id)
    refresh_phase(unit, [row.order_id])


def _void_refused(unit: Unit, effect: Effect, reason: str) -> None:
    """A person decides about the parcel, unless nothing is left in it: then it is over."""
    if not contents_of(unit, effect.subject_id):
        _voided(unit, effect, None)
        return
    note = f"the carrier does not take the label back: {reason}"
    hold_as_refused(unit, effect, HoldReason.CHANGED, note)


def _need(database: Connection, effect: Effect) -> Need:
    """A parcel that has left is not called back."""
    state = database.execute(
        select(_shipment.c.state).where(_shipment.c.id == effect.subject_id)
    ).scalar_one()
    return Need.WANTED if state == "label_purchased" else Need.OVER


VOID_KIND = EffectKind(
    VoidLabel, _load_void, _void, None, lambda accepted: accepted.external_id, _voided,
    _void_refused, nothing_more, _need,
)  # fmt: skip
