"""An order that changed after it was routed is brought back to what the shop says now."""

from sqlalchemy import update

from hub.records.order import HoldReason
from hub.services.context import Hub
from hub.services.orders.accept import accept
from hub.services.orders.channel_changes import has_parcel, stop_unlabelled
from hub.services.orders.holds import release_placed
from hub.services.shipping.voids import owe_voids
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.connections import get_connection
from hub.store.jobs import RunningJob
from hub.store.orders import StoredLine, StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit

_LIFTED = (HoldReason.CHANGED, HoldReason.CHANNEL_REQUEST)


def rework_order(hub: Hub, job: RunningJob) -> None:
    """Take back what is not labelled, owe the return of what is; then begin anew.

    While a parcel of it stands here labelled the order stays held. Where the carrier takes no
    label back, that is for a person: ship it as it is, or leave it.
    """
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, job.subject)
        if not order.is_open:
            return job.finish(unit, "no_change")
        freed = stop_unlabelled(unit, order)
        if has_parcel(unit, order):
            owe_voids(unit, hub, order.id)
        else:
            freed |= _take_over(unit, get_order(unit.connection, order.id))
            for reason in _LIFTED:
                release_placed(unit, order.id, reason, by="sync")
            shop = get_connection(unit.connection, order.connection_id)
            accept(unit, hub.policy, shop, get_order(unit.connection, order.id))
        stock_moved(unit, freed)
        if freed:
            owe(unit, "reserve_waiting", "")
        refresh_phase(unit, [order.id])
        job.finish(unit)


def _take_over(unit: Unit, order: StoredOrder) -> set[str]:
    """Set every line to the quantity the shop shows; what left has left."""
    shown = {line.external_id: line.quantity for line in order.record.lines}
    freed: set[str] = set()
    for line in order.lines:
        wanted = shown.get(line.external_id, 0)
        if wanted == line.counters.quantity - line.counters.cancelled:
            continue
        if item := ledger.release(unit, line.id):
            freed.add(item)
        _set(unit, line, wanted)
    return freed


def _set(unit: Unit, line: StoredLine, wanted: int) -> None:
    quantity = max(wanted, line.counters.shipped) if wanted else line.counters.quantity
    cancelled = 0 if wanted else quantity - line.counters.shipped
    rows = tables.order_line
    unit.execute(
        update(rows).where(rows.c.id == line.id).values(quantity=quantity, cancelled=cancelled)
    )
