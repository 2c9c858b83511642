"""An order that changed after it was routed: only the difference is taken back, or added."""

from sqlalchemy import select, update

from hub.domain.edits import EditState, GiveUp, Work, give_up
from hub.records.order import HoldReason
from hub.records.payment import Verdict
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.orders.accept import accept
from hub.services.orders.channel_changes import has_parcel, stop_unlabelled
from hub.services.orders.edits import SYNC, answer_edit
from hub.services.orders.extending import extend_loose_work
from hub.services.orders.holds import open_holds, release_placed
from hub.services.shipping.labels import end_work
from hub.services.shipping.redrafting import bought_parcels, contents_of_work, is_loose, take_out
from hub.services.shipping.voids import owe_void, owe_voids
from hub.services.stock.publish import stock_moved
from hub.services.tickets.exceptions import open_exception
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.connections import get_connection
from hub.store.jobs import RunningJob
from hub.store.orders import StoredLine, StoredOrder, get_order, refresh_phase
from hub.store.unit_of_work import Unit

_LIFTED = (HoldReason.CHANGED, HoldReason.CHANNEL_REQUEST)
_work = tables.fulfilment_order
WAREHOUSE = "warehouse"


def rework_order(hub: Hub, job: RunningJob) -> None:
    """Bring an order to what the shop says now; while a label is asked back it stays held.

    Other units: only the difference moves. Another address: all that has not left begins anew.
    Where the carrier takes no label back, a person decides: ship it as it is, or leave it.
    """
    with hub.store.unit_of_work() as unit:
        order = get_order(unit.connection, job.subject)
        if not order.is_open:
            return job.finish(unit, "no_change")
        anew = _held_by_sync(unit, order.id, HoldReason.CHANGED)
        freed, waits = _begin_anew(unit, hub, order) if anew else _differ(unit, hub, order)
        if not waits:
            freed |= _go_on(unit, hub, order.id)
        stock_moved(unit, freed)
        if freed:
            owe(unit, "reserve_waiting", "")
        refresh_phase(unit, [order.id])
        job.finish(unit)


def _held_by_sync(unit: Unit, order_id: str, reason: HoldReason) -> bool:
    hold = tables.hold
    query = select(hold.c.id).where(
        hold.c.order_id == order_id, hold.c.reason == reason.value, hold.c.placed_by == SYNC,
        hold.c.released_at.is_(None),
    )  # fmt: skip
    return unit.execute(query.limit(1)).first() is not None


def _begin_anew(unit: Unit, hub: Hub, order: StoredOrder) -> tuple[set[str], bool]:
    freed = stop_unlabelled(unit, order)
    waits = has_parcel(unit, order)
    if waits:
        _ask_back(unit, owe_voids(unit, hub, order.id), order.id)
    return freed, waits


def _ask_back(unit: Unit, asked: int, order_id: str) -> None:
    reason = f"{asked} labels are asked back" if asked else "nobody takes its label back"
    answer_edit(unit, order_id, WAREHOUSE, "waits", reason)


def _differ(unit: Unit, hub: Hub, order: StoredOrder) -> tuple[set[str], bool]:
    """Take back what the order no longer wants; gives the items freed, and whether to wait."""
    surplus = {
        line.id: units
        for line in order.lines
        if (units := line.counters.quantity - line.counters.cancelled - order.told(line)) > 0
    }
    idle = {line.id: line.counters.open - line.counters.allocated for line in order.lines}
    found = give_up(surplus, idle, _works(unit, order.id))
    freed: set[str] = set()
    for work_id, taken in found.from_loose.items():
        freed |= take_out(unit, hub.policy, work_id, taken)
        if not contents_of_work(unit, work_id):
            freed |= end_work(unit, work_id)
    if found.recalled:
        bought = [one for work in found.recalled for one in bought_parcels(unit, work)]
        _ask_back(unit, sum(owe_void(unit, hub, one) for one in bought), order.id)
        return freed, True
    _tell_too_late(unit, order, found)
    return freed, False


def _works(unit: Unit, order_id: str) -> list[Work]:
    """Give the work of an order that has not left, the newest first."""
    ids = unit.execute(
        select(_work.c.id)
        .where(_work.c.order_id == order_id, _work.c.state.in_(["open", "in_progress"]))
        .order_by(_work.c.id.desc())
    ).scalars()
    return [Work(id, is_loose(unit, id), contents_of_work(unit, id)) for id in ids.all()]


def _tell_too_late(unit: Unit, order: StoredOrder, found: GiveUp) -> None:
    if not found.too_late:
        return
    skus = {line.id: line.sku for line in order.lines}
    told = ", ".join(f"{units} of {skus[line]}" for line, units in found.too_late.items())
    reason = f"{told} had left before the shop changed the order"
    answer_edit(unit, order.id, WAREHOUSE, "too_late", reason, EditState.DECLINED)
    sentence = f"{order.number}: {reason}; that is a return"
    open_exception(unit, ExceptionKind.EDIT_DECLINED, order.id, sentence, order.id)


def _go_on(unit: Unit, hub: Hub, order_id: str) -> set[str]:
    """Take the shop's quantities over, lift what held the order for it, and let it go on."""
    freed = _take_over(unit, get_order(unit.connection, order_id))
    for reason in _LIFTED:
        release_placed(unit, order_id, reason, by=SYNC)
    answer_edit(unit, order_id, WAREHOUSE, "confirmed", "the order is as the shop shows it",
                EditState.CONFIRMED)  # fmt: skip
    order = get_order(unit.connection, order_id)
    shop = get_connection(unit.connection, order.connection_id)
    accept(unit, hub.policy, shop, order)
    order = get_order(unit.connection, order_id)
    if shop.writes and order.verdict == Verdict.PASSED and not open_holds(unit, order_id):
        loose = [work for work in _works(unit, order_id) if work.loose]
        extend_loose_work(unit, hub.policy, order, loose)
    return freed


def _take_over(unit: Unit, order: StoredOrder) -> set[str]:
    """Set every line to the quantity the shop shows; what left has left."""
    freed: set[str] = set()
    for line in (*order.lines, *order.kits):
        wanted = order.told(line)
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
