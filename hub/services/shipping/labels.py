"""Labels as effects: bought for a parcel that waits, unless its order is held, changed or over."""

from sqlalchemy import Connection, func, select, update

from hub.domain.effects import EffectState, Need
from hub.records.address import Party
from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.records.shipment import Label, LabelRequest, Package
from hub.registry import Opened
from hub.sdk.capabilities import BuyLabel
from hub.services.effects.effect_kind import EffectKind, offered
from hub.services.orders.holds import place_hold
from hub.services.stock.publish import stock_moved
from hub.services.warehouse.batches import recall_work
from hub.services.work import owe
from hub.store import effects, ledger, tables
from hub.store.effects import Effect
from hub.store.orders import refresh_phase
from hub.store.people import ErasedError, open_parties, seal_for
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

LABEL = "label"
OVER = {"cancelled": "cancel_order", "finished": "book_channel_shipment"}
"""The shop is done with the order: which job deals with what the hub still has of it."""

_CHANGED = [HoldReason.CHANGED.value, HoldReason.CHANNEL_REQUEST.value, HoldReason.REFUND.value]


def load_label(database: Connection, keyring: Keyring, effect: Effect) -> LabelRequest:
    """Read what a carrier needs to print a label."""
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


def buy_label(opened: Opened, request: LabelRequest, key: str) -> Label:
    """Buy the label."""
    return offered(opened, BuyLabel).buy_label(request, key=key)


def find_label(opened: Opened, request: LabelRequest, key: str) -> Label | None:
    """Look for the label."""
    return offered(opened, BuyLabel).find_label(request, key=key)


def label_bought(unit: Unit, effect: Effect, label: Label) -> None:
    """Keep a label; one that came for an order that changed meanwhile is dealt with next."""
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
    owe_follow_up(unit, row.order_id)
    refresh_phase(unit, [row.order_id])


def label_refused(unit: Unit, effect: Effect, reason: str) -> None:
    """Hold the order with the carrier's reason."""
    hold_as_refused(unit, effect, HoldReason.POLICY, f"the carrier refused the label: {reason}")


def hold_as_refused(unit: Unit, effect: Effect, why: HoldReason, note: str) -> None:
    """Hold the order of a parcel of which the carrier refused something."""
    shipment = tables.shipment
    order_id = unit.execute(
        select(shipment.c.order_id).where(shipment.c.id == effect.subject_id)
    ).scalar_one()
    place_hold(unit, order_id, why, note, by="carrier")
    refresh_phase(unit, [order_id])


def label_need(database: Connection, effect: Effect) -> Need:
    """A label is bought unless a hold says not now, or the order or parcel is over.

    One that was lost, and is proven not to exist, is given up where the order changed meanwhile:
    the order waited only for this answer.
    """
    shipment, order = tables.shipment, tables.sales_order
    row = database.execute(
        select(order.c.id, order.c.channel_state, shipment.c.state)
        .join(shipment, shipment.c.order_id == order.c.id)
        .where(shipment.c.id == effect.subject_id)
    ).one()
    if row.channel_state in OVER or row.state == "voided":
        return Need.OVER
    absent = effect.facts.state == EffectState.PREPARED and effect.facts.sends > 0
    if absent and _follow_up(database, row.id):
        return Need.OVER
    held = tables.hold
    query = select(held.c.id).where(held.c.order_id == row.id, held.c.released_at.is_(None))
    return Need.ON_HOLD if database.execute(query.limit(1)).first() else Need.WANTED


def label_withdrawn(unit: Unit, effect: Effect) -> None:
    """Give back what the parcel still holds; an order that is wanted again begins anew."""
    shipment = tables.shipment
    row = unit.execute(
        select(shipment.c.order_id, shipment.c.fulfilment_order_id)
        .where(shipment.c.id == effect.subject_id)
    ).one()  # fmt: skip
    freed = end_parcel(unit, effect.subject_id, row.fulfilment_order_id)
    stock_moved(unit, freed)
    if freed:
        owe(unit, "reserve_waiting", "")
    owe(unit, _follow_up(unit.connection, row.order_id) or "accept_order", row.order_id)
    refresh_phase(unit, [row.order_id])


def withdraw_label(unit: Unit, shipment_id: str, why: str) -> bool:
    """Ask for a label no more; False when it may be bought at this moment: it counts as bought."""
    effect = tables.effect
    owed = unit.execute(
        select(effect.c.id, effect.c.state).where(
            effect.c.subject_id == shipment_id, effect.c.kind == LABEL
        )
    ).all()
    if any(one.state not in (EffectState.PREPARED, EffectState.REFUSED) for one in owed):
        return False
    for one in owed:
        if one.state == EffectState.PREPARED:
            effects.mark_refused(unit, one.id, why)
    return True


def works_without_parcel(unit: Unit, order_id: str) -> list[str]:
    """Give the work of an order whose boxes are not closed: nothing of it has a label.

    Nobody closes them before this unit ends: who does at this moment is waited for.
    """
    work, shipment = tables.fulfilment_order, tables.shipment
    waiting = select(shipment.c.fulfilment_order_id).where(
        shipment.c.order_id == order_id, shipment.c.state.in_(["draft", "label_purchased"])
    )
    query = select(work.c.id).where(
        work.c.order_id == order_id, work.c.state.in_(["open", "in_progress"]),
        work.c.id.not_in(waiting),
    ).order_by(work.c.id)  # fmt: skip
    unit.execute(query.with_for_update())
    return list(unit.execute(query).scalars())


def end_parcel(unit: Unit, shipment_id: str, fulfilment_order_id: str) -> set[str]:
    """End a parcel that will not leave; gives the items it set free.

    The work ends with its last parcel; what was fetched for it goes back to its shelf.
    """
    shipment = tables.shipment
    waiting = shipment.c.state.in_(["draft", "label_purchased"])
    unit.execute(
        update(shipment).where(shipment.c.id == shipment_id, waiting).values(state="voided")
    )
    others = select(shipment.c.id).where(
        shipment.c.fulfilment_order_id == fulfilment_order_id, waiting
    )
    if unit.execute(others.limit(1)).first() is None:
        return end_work(unit, fulfilment_order_id)
    return ledger.unallocate(unit, fulfilment_order_id, contents_of(unit, shipment_id))


def end_work(unit: Unit, fulfilment_order_id: str) -> set[str]:
    """End a piece of work with what is left of it; gives the items it set free."""
    freed = ledger.unallocate(unit, fulfilment_order_id)
    settle_work(unit, fulfilment_order_id)
    return freed


def settle_work(unit: Unit, fulfilment_order_id: str) -> None:
    """Close work of which nothing is left to ship; cancelled if nothing was shipped at all.

    What of it nobody fetched by task is not to be fetched any more.
    """
    work, given = tables.fulfilment_order, tables.allocation
    row = unit.execute(
        select(
            func.coalesce(
                func.sum(given.c.allocated - given.c.released - given.c.shipped), 0
            ).label("left"),
            func.coalesce(func.sum(given.c.shipped), 0).label("shipped"),
        ).where(given.c.fulfilment_order_id == fulfilment_order_id)
    ).one()
    if not row.left:
        state = "closed" if row.shipped else "cancelled"
        unit.execute(update(work).where(work.c.id == fulfilment_order_id).values(state=state))
        recall_work(unit, fulfilment_order_id)


def contents_of(unit: Unit, shipment_id: str) -> dict[str, int]:
    """Give the units of each order line in a parcel."""
    part = tables.shipment_line
    rows = unit.execute(select(part).where(part.c.shipment_id == shipment_id))
    return {row.order_line_id: row.quantity for row in rows}


def owe_follow_up(unit: Unit, order_id: str) -> None:
    """Owe what is to be done with a label that came for an order that changed meanwhile."""
    if follow_up := _follow_up(unit.connection, order_id):
        owe(unit, follow_up, order_id)


def _follow_up(database: Connection, order_id: str) -> str | None:
    """Name the job that deals with a parcel whose order is over, or changed after routing."""
    order, held = tables.sales_order, tables.hold
    state = database.execute(
        select(order.c.channel_state).where(order.c.id == order_id)
    ).scalar_one()
    if state in OVER:
        return OVER[state]
    changed = select(held.c.id).where(
        held.c.order_id == order_id, held.c.released_at.is_(None), held.c.reason.in_(_CHANGED),
        held.c.placed_by == "sync",
    )  # fmt: skip
    return "rework_order" if database.execute(changed.limit(1)).first() else None


def wake_labels(unit: Unit, order_id: str) -> None:
    """Ring for the labels of an order that waited for its holds."""
    effect, shipment = tables.effect, tables.shipment
    waiting = unit.execute(
        select(effect.c.id, effect.c.connection_id)
        .join(shipment, shipment.c.id == effect.c.subject_id)
        .where(shipment.c.order_id == order_id, shipment.c.state == "draft",
               effect.c.kind == LABEL,
               effect.c.state.in_([EffectState.PREPARED.value, EffectState.UNKNOWN.value]))
    ).all()  # fmt: skip
    for row in waiting:
        owe(unit, "perform_effect", row.id, row.connection_id)


LABEL_KIND = EffectKind(
    BuyLabel, load_label, buy_label, find_label, lambda label: label.external_id, label_bought,
    label_refused, label_withdrawn, label_need,
)  # fmt: skip
