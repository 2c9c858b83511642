"""What the shop did to an order by itself: cancelled it, or shipped it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from hub.domain.edits import EditState
from hub.records.order import ChannelState, HoldReason
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.orders.edits import answer_edit
from hub.services.orders.holds import place_hold, release_hold
from hub.services.shipping.labels import (
    end_parcel,
    end_work,
    withdraw_label,
    works_without_parcel,
)
from hub.services.shipping.voids import owe_voids
from hub.services.stock.opening import default_location
from hub.services.stock.publish import stock_moved
from hub.services.stock.shortfalls import watch_levels
from hub.services.tickets.exceptions import open_exception
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.decisions import keep_decision
from hub.store.jobs import RunningJob
from hub.store.orders import StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit

_shipment = tables.shipment
CANCELLATION = "cancellation"
"""The kind of the decisions: what we ask is agreed to, refused, or too_late; what the shop does is
accepted, or too_late."""


def cancel_order(hub: Hub, job: RunningJob) -> None:
    """Give back what a cancelled order held; a label already bought is left for a person."""
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, job.subject)
        if order.channel_state != ChannelState.CANCELLED:
            return job.finish(unit, "no_change")  # it was revived in the meantime
        freed = _release_reservations(unit, order) | stop_unlabelled(unit, order)
        _cancel_what_is_left(unit, order)
        answer_edit(unit, order.id, "hub", "pointless", "the order was cancelled",
                    EditState.SUPERSEDED)  # fmt: skip
        if has_parcel(unit, order):
            note = "cancelled at the shop after its label was bought: void the label or ship it"
            place_hold(unit, order.id, HoldReason.CHANNEL_REQUEST, note, by="sync")
            owe_voids(unit, hub, order.id)
        else:
            release_hold(unit, order.id, HoldReason.CHANNEL_REQUEST, by="sync")
            _answer_cancellation(unit, order)
        _stock_is_back(unit, freed)
        refresh_phase(unit, [order.id])
        job.finish(unit)


def _answer_cancellation(unit: Unit, order: StoredOrder) -> None:
    """Record what the shop's cancellation came to: taken over whole, or too late for some units."""
    left = {line.sku or line.title: line.counters.shipped for line in order.lines
            if line.counters.shipped}  # fmt: skip
    if not left:
        reason = "nothing of it had left; its units are free"
        keep_decision(unit, order.id, CANCELLATION, "accepted", {"reasons": [reason]})
        return
    told = ", ".join(f"{units} of {sku}" for sku, units in left.items())
    reason = f"{told} had left before the shop cancelled it; that is a return"
    keep_decision(unit, order.id, CANCELLATION, "too_late", {"reasons": [reason]})
    sentence = f"{order.number}: {reason}"
    open_exception(unit, ExceptionKind.CANCELLED_TOO_LATE, order.id, sentence, order.id)


def book_channel_shipment(hub: Hub, job: RunningJob) -> None:
    """The shop says it shipped units: issue those the hub has not shipped itself."""
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, job.subject)
        theirs = {
            line.id: units
            for line in order.lines
            if (units := order.told(line, "fulfilled") - line.counters.shipped) > 0
        }
        left = any(line.counters.open > 0 for line in order.lines)
        if order.channel_state != ChannelState.FINISHED or not (theirs or left):
            return job.finish(unit, "no_change")
        freed = stop_unlabelled(unit, order)
        if has_parcel(unit, order):
            note = "completed at the shop while a label is bought: hand it over or void it"
            place_hold(unit, order.id, HoldReason.CHANNEL_REQUEST, note, by="sync")
        else:
            freed |= _issue(unit, order, theirs)
            _cancel_what_is_left(unit, order)  # refunded: the shop will not ship it either
        _stock_is_back(unit, freed)
        refresh_phase(unit, [order.id])
        job.finish(unit)


def _cancel_what_is_left(unit: Unit, order: StoredOrder) -> None:
    """Close every unit that is neither shipped nor in a parcel."""
    now = get_order(unit.connection, order.id)
    for line in (*now.lines, *now.kits):
        idle = line.counters.open - line.counters.allocated
        _set_line(unit, line.id, cancelled=line.counters.cancelled + max(0, idle))


def _issue(unit: Unit, order: StoredOrder, theirs: dict[str, int]) -> set[str]:
    freed = _release_reservations(unit, order)
    place = default_location(unit)
    for line in order.lines:
        units = theirs.get(line.id, 0)
        if not units:
            continue
        if (beyond := units - line.counters.open) > 0:  # raised at the shop after it was routed
            _set_line(unit, line.id, quantity=line.counters.quantity + beyond)
        if line.stock_item_id is None:  # nobody can say which units left; the line is over
            _set_line(unit, line.id, shipped=line.counters.shipped + units)
            continue
        command = f"channel:{order.id}:{line.id}:{line.counters.shipped + units}"
        ledger.issue_elsewhere(unit, line.id, line.stock_item_id, place, units, command)
        freed.add(line.stock_item_id)
    watch_levels(unit, freed)
    return freed


def _release_reservations(unit: Unit, order: StoredOrder) -> set[str]:
    ledger.lock_promises(unit, {line.stock_item_id for line in order.lines if line.stock_item_id})
    freed = {ledger.release(unit, line.id) for line in order.lines}
    return {item for item in freed if item is not None}


def stop_unlabelled(unit: Unit, order: StoredOrder) -> set[str]:
    """Take back the work whose label was not asked for yet; gives the items set free."""
    freed: set[str] = set()
    for work_id in works_without_parcel(unit, order.id):
        freed |= end_work(unit, work_id)
    for row in _shipments(unit, order, ["draft"]):  # now: boxes may just have been closed
        if withdraw_label(unit, row.id, "the order no longer needs it"):
            freed |= end_parcel(unit, row.id, row.fulfilment_order_id)
    return freed


def has_parcel(unit: Unit, order: StoredOrder) -> bool:
    """Whether a parcel of it has, or may have, a label and has not left."""
    return bool(_shipments(unit, order, ["draft", "label_purchased"]))


def _shipments(unit: Unit, order: StoredOrder, states: Sequence[str]) -> Sequence[Any]:
    return unit.execute(
        select(_shipment).where(_shipment.c.order_id == order.id, _shipment.c.state.in_(states))
    ).all()


def _set_line(unit: Unit, line_id: str, **values: int) -> None:
    line = tables.order_line
    unit.execute(update(line).where(line.c.id == line_id).values(**values))


def _stock_is_back(unit: Unit, items: set[str]) -> None:
    stock_moved(unit, items)
    if items:
        owe(unit, "reserve_waiting", "")
