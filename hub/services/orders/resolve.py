"""What only a person can settle: a call nobody knows the end of, a record nobody understood."""

from datetime import datetime

from sqlalchemy import select, update

from hub.domain.effects import EffectState
from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.sdk.capabilities import Accepted, PullMessages, PullOrders, PullProducts, ReadRefunds
from hub.sdk.errors import HubError, MappingError
from hub.services.context import Hub
from hub.services.effects.effect_kinds import EFFECTS, LABEL, REFUND
from hub.services.intake.ingest import InSameCommit, land_listing_page, land_order_page
from hub.services.orders.holds import place_hold, release_placed
from hub.services.orders.refunding import reserve_again
from hub.services.shipping.labels import owe_follow_up
from hub.services.tickets.pulling import MESSAGE_KIND, land_messages
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.catalogue import LISTING
from hub.store.desired import retry_refused
from hub.store.effects import Effect
from hub.store.intake import open_kept
from hub.store.order_lander import ORDER
from hub.store.orders import refresh_phase
from hub.store.unit_of_work import Unit

SETTLED_BY_A_PERSON = (EffectState.NEEDS_OPERATOR, EffectState.REFUSED)


class NotForAPersonError(HubError):
    """The hub is still settling this itself, or it is settled."""


def it_happened(hub: Hub, effect_id: str, reference: str, tracking: str, by: str) -> None:
    """Record that the call did what it was to do, under the vendor's reference.

    A label found this way has no document here: it is printed at the carrier.
    """
    with hub.store.unit_of_work() as unit:
        effect = _to_settle(unit, effect_id)
        effects.mark_succeeded(unit, effect.id, reference, f"{by} says it happened")
        if effect.kind == LABEL:
            _label_exists(unit, effect, reference, tracking)
        else:
            EFFECTS[effect.kind].succeeded(unit, effect, Accepted(reference))


def it_never_happened(hub: Hub, effect_id: str, reason: str, by: str) -> None:
    """Record that the call did nothing, and let it be made again under the same key."""
    with hub.store.unit_of_work() as unit:
        effect = _to_settle(unit, effect_id)
        if effect.kind == REFUND:
            reserve_again(unit, effect)
            _refuse_if_asked_anew(unit, effect)
        effects.reopen(unit, effect, f"{by}: {reason}")
        owe(unit, "perform_effect", effect.id, effect.connection_id)
        if effect.kind == LABEL:
            order_id, _ = _order_of(unit, effect)
            release_placed(unit, order_id, HoldReason.POLICY, by="carrier", released_by=by)
            owe_follow_up(unit, order_id)
            refresh_phase(unit, [order_id])


def _refuse_if_asked_anew(unit: Unit, effect: Effect) -> None:
    """A refused refund whose return has asked by another one since is not made as well."""
    anew = tables.return_refund
    dropped = select(anew.c.id).where(anew.c.id == effect.subject_id, anew.c.state == "dropped")
    if unit.execute(dropped).first() is not None:
        raise NotForAPersonError("its return has asked for it anew: that refund stands instead")


def ask_for_labels_again(unit: Unit, order_id: str, by: str) -> int:
    """Reopen the refused labels of an order whose holds a person released; gives how many."""
    effect, shipment = tables.effect, tables.shipment
    refused = unit.execute(
        select(effect.c.id)
        .join(shipment, shipment.c.id == effect.c.subject_id)
        .where(shipment.c.order_id == order_id, shipment.c.state == "draft",
               effect.c.kind == LABEL, effect.c.state == EffectState.REFUSED.value)
    ).scalars().all()  # fmt: skip
    for effect_id in refused:
        found = effects.get_effect(unit.connection, effect_id)
        effects.reopen(unit, found, f"{by} released the order")
        owe(unit, "perform_effect", found.id, found.connection_id)
    return len(refused)


def _to_settle(unit: Unit, effect_id: str) -> Effect:
    effect = effects.get_effect(unit.connection, effect_id)
    if effect.facts.state not in SETTLED_BY_A_PERSON:
        raise NotForAPersonError(f"it is {effect.facts.state}: there is nothing to decide")
    return effect


def _label_exists(unit: Unit, effect: Effect, reference: str, tracking: str) -> None:
    shipment = tables.shipment
    unit.execute(
        update(shipment)
        .where(shipment.c.id == effect.subject_id, shipment.c.state == "draft")
        .values(
            state="label_purchased", label_external_id=reference, tracking_number=tracking,
            labelled_at=unit.now,
        )
    )  # fmt: skip
    order_id, connection_id = _order_of(unit, effect)
    release_placed(unit, order_id, HoldReason.POLICY, by="carrier", released_by="operator")
    unit.record(EventKind.LABEL_BOUGHT, effect.subject_id, connection_id)
    owe_follow_up(unit, order_id)
    refresh_phase(unit, [order_id])


def _order_of(unit: Unit, effect: Effect) -> tuple[str, str]:
    shipment, order = tables.shipment, tables.sales_order
    row = unit.execute(
        select(order.c.id, order.c.connection_id)
        .join(shipment, shipment.c.order_id == order.c.id)
        .where(shipment.c.id == effect.subject_id)
    ).one()
    return row.id, row.connection_id


def hold_order(
    hub: Hub, order_id: str, note: str, by: str, reason: HoldReason = HoldReason.MANUAL,
    until: datetime | None = None, keeps_promise: bool = True,
) -> bool:  # fmt: skip
    """Hold an order by a person's decision; False when they hold it for this reason already."""
    with hub.store.unit_of_work() as unit:
        held = place_hold(unit, order_id, reason, note, by, until, keeps_promise)
        refresh_phase(unit, [order_id])
        return held


def retry_kept(hub: Hub, item_id: str) -> bool:
    """Read a record that was kept aside once more; False when it is still not understood."""
    with hub.store.reading() as database:
        connection_id, kind, raw = open_kept(database, hub.store.keyring, item_id)
    connection = hub.connection(connection_id)
    opened = hub.open(connection)
    nothing_more: InSameCommit = lambda unit: None  # noqa: E731 - the page has no cursor
    if kind == ORDER and (orders := opened.offering(PullOrders)):
        tally = land_order_page(hub, connection, [raw], orders.to_order, nothing_more)
    elif kind == LISTING and (products := opened.offering(PullProducts)):
        tally = land_listing_page(hub, connection, [raw], products.to_listing, nothing_more)
    elif kind == REFUND and (refunds := opened.offering(ReadRefunds)):
        return _reread_refunds(hub, connection.id, refunds, raw)
    elif kind == MESSAGE_KIND and (messages := opened.offering(PullMessages)):
        tally = land_messages(hub, connection, messages, [raw], nothing_more)
    else:
        raise HubError(f"{connection.connector} no longer reads records of the kind {kind}")
    if tally.quarantined:
        return False
    with hub.store.unit_of_work() as unit:
        _close_kept(unit, item_id)
    return True


def _reread_refunds(hub: Hub, connection_id: str, reader: ReadRefunds, raw: bytes) -> bool:
    """Refunds are landed order by order: owe a reading of the one this belongs to."""
    try:
        order = str(reader.to_refund(raw)["order_external_id"])
    except MappingError:
        return False
    orders = tables.sales_order
    with hub.store.unit_of_work() as unit:
        known = unit.execute(
            select(orders.c.id).where(
                orders.c.connection_id == connection_id, orders.c.external_id == order
            )
        ).scalar()
        if known is not None:
            owe(unit, "read_refunds", str(known), connection_id)
    return known is not None


def _close_kept(unit: Unit, item_id: str) -> None:
    kept = tables.quarantine
    unit.execute(
        update(kept)
        .where(kept.c.id == item_id, kept.c.state == "open")
        .values(state="resolved", resolved_at=unit.now)
    )


def publish_again(hub: Hub, code: str) -> int:
    """Owe a channel all of its numbers; gives how many refused ones are tried again."""
    connection = hub.connection(code)
    with hub.store.unit_of_work() as unit:
        refused = retry_refused(unit, connection.id)
        owe(unit, "publish_all_stock", connection.id)
        owe(unit, "publish_tracking", connection.id, connection.id)
    return refused
