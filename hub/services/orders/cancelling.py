"""Cancelling an order at its shop: nothing leaves meanwhile, and the shop's word decides."""

from sqlalchemy import Connection, select, update

from hub.domain.effects import EffectState, Need
from hub.records.events import EventKind
from hub.records.order import CancelRequest, ChannelState, HoldReason
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, CancelOrder
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, offered
from hub.services.orders.channel_changes import CANCELLATION as CANCELLATION
from hub.services.orders.holds import place_hold, release_placed
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import get_connection
from hub.store.decisions import keep_decision
from hub.store.effects import Effect
from hub.store.orders import find_order_id, get_order, refresh_phase
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

_order = tables.sales_order


class CancelRefusedError(HubError):
    """This order cannot be cancelled from here; the text says why."""


def may_cancel(hub: Hub, number: str) -> str:
    """Give the id of an order that may be cancelled; raises `CancelRefusedError`."""
    with hub.store.reading() as database:
        order = get_order(database, find_order_id(database, number))
    shop = hub.connection(order.connection_id)
    if order.replaces_id is not None:
        raise CancelRefusedError(f"no shop knows {order.number}: hub returns cancel ends it")
    if CancelOrder not in hub.registry.connector(shop.connector).provides:
        raise CancelRefusedError(f"{shop.code} cannot be asked; cancel the order there")
    if not order.is_open:
        raise CancelRefusedError(f"{order.number} is {order.channel_state} at the shop")
    if any(line.counters.shipped for line in order.lines):
        raise CancelRefusedError(f"parts of {order.number} are on their way: that is a return")
    return order.id


def ask_cancellation(hub: Hub, number: str, reason: str, by: str) -> str:
    """Hold an order and owe its cancellation at the shop; gives the effect.

    Once the shop has answered, its units are free and its label is given back. Raises
    `CancelRefusedError`.
    """
    order_id = may_cancel(hub, number)
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, order_id)
        keep_decision(unit, order_id, CANCELLATION, "asked", {"reason": reason, "by": by})
        note = f"its cancellation was asked of the shop: {reason}"
        place_hold(unit, order_id, HoldReason.MANUAL, note, by=CANCELLATION)
        refresh_phase(unit, [order_id])
        effect_id = _owe(unit, order.connection_id, order_id, by)
    return effect_id


def _owe(unit: Unit, connection_id: str, order_id: str, by: str) -> str:
    key = f"cancel:{order_id}"
    effect_id = effects.prepare(unit, CANCELLATION, connection_id, key, order_id)
    if effect_id is None:
        rows = tables.effect
        effect_id = str(
            unit.execute(
                select(rows.c.id).where(rows.c.connection_id == connection_id, rows.c.key == key)
            ).scalar_one()
        )
        known = effects.get_effect(unit.connection, effect_id)
        if known.facts.state in (EffectState.REFUSED, EffectState.SUCCEEDED):
            effects.reopen(unit, known, f"{by} asks again")  # refused before, or revived since
    owe(unit, "perform_effect", effect_id, connection_id)
    return effect_id


def _load(database: Connection, keyring: Keyring, effect: Effect) -> CancelRequest:
    asked = tables.decision
    document = database.execute(
        select(asked.c.document)
        .where(asked.c.subject_id == effect.subject_id, asked.c.kind == CANCELLATION,
               asked.c.outcome == "asked")
        .order_by(asked.c.id)
    ).scalars().first()  # fmt: skip
    order = get_order(database, effect.subject_id)
    reason = document["reason"] if document else ""
    return CancelRequest(order_external_id=order.external_id, reason=reason)


def _call(opened: Opened, request: CancelRequest, key: str) -> Accepted:
    shop = offered(opened, CancelOrder)
    return shop.cancel_order(request.order_external_id, request.reason, key=key)


def _find(opened: Opened, request: CancelRequest, key: str) -> Accepted | None:
    return offered(opened, CancelOrder).find_cancellation(request.order_external_id, key=key)


def _cancelled(unit: Unit, effect: Effect, answer: Accepted) -> None:
    """The shop's answer is as good as its next page: what the order held is given back."""
    release_placed(unit, effect.subject_id, HoldReason.MANUAL, by=CANCELLATION)
    changed = unit.changed(
        update(_order)
        .where(_order.c.id == effect.subject_id,
               _order.c.channel_state != ChannelState.CANCELLED.value)
        .values(channel_state=ChannelState.CANCELLED.value)
    )  # fmt: skip
    told = {"reasons": ["the shop has cancelled it as we asked"]}
    keep_decision(unit, effect.subject_id, CANCELLATION, "agreed", told)
    if changed:
        unit.record(EventKind.ORDER_CANCELLED, effect.subject_id, effect.connection_id)
    refresh_phase(unit, [effect.subject_id])


def _refused(unit: Unit, effect: Effect, reason: str) -> None:
    release_placed(unit, effect.subject_id, HoldReason.MANUAL, by=CANCELLATION)
    shop = get_connection(unit.connection, effect.connection_id)
    note = f"{shop.code} refuses to cancel it: {reason}"
    keep_decision(unit, effect.subject_id, CANCELLATION, "refused", {"reasons": [note]})
    place_hold(unit, effect.subject_id, HoldReason.CHANNEL_REQUEST, note, by=CANCELLATION)
    refresh_phase(unit, [effect.subject_id])


def _withdrawn(unit: Unit, effect: Effect) -> None:
    if _has_left(unit.connection, effect.subject_id):
        why = {"reasons": ["parts of it left before the shop was asked: that is a return"]}
        keep_decision(unit, effect.subject_id, CANCELLATION, "too_late", why)
    release_placed(unit, effect.subject_id, HoldReason.MANUAL, by=CANCELLATION)
    refresh_phase(unit, [effect.subject_id])


def _need(database: Connection, effect: Effect) -> Need:
    """An order that is over at the shop needs no cancelling; one that left is a return."""
    state = database.execute(
        select(_order.c.channel_state).where(_order.c.id == effect.subject_id)
    ).scalar_one()
    over = state in (ChannelState.CANCELLED.value, ChannelState.FINISHED.value)
    return Need.OVER if over or _has_left(database, effect.subject_id) else Need.WANTED


def _has_left(database: Connection, order_id: str) -> bool:
    line = tables.order_line
    left = select(line.c.id).where(line.c.order_id == order_id, line.c.shipped > 0)
    return database.execute(left.limit(1)).first() is not None


CANCELLATION_KIND = EffectKind(
    CancelOrder, _load, _call, _find, lambda accepted: accepted.external_id, _cancelled, _refused,
    _withdrawn, _need,
)  # fmt: skip
