"""What refunds mean for an order that is still to be shipped, and when they must be read."""

from collections.abc import Sequence

from sqlalchemy import select, update

from hub.domain.reconcile import Change
from hub.domain.refunds import RefundedLine, leave_out
from hub.records.money import from_minor
from hub.records.order import ChannelState, HoldReason, Order
from hub.sdk.capabilities import ReadRefunds
from hub.services.context import Hub
from hub.services.orders.holds import hold_unless_settled, place_hold
from hub.services.stock.publish import stock_moved
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.connections import Connected
from hub.store.order_lander import Landing
from hub.store.orders import StoredOrder, get_order
from hub.store.unit_of_work import Unit

BEING_READ = "its refunds changed and are being read"
READER = "refunds"
"""Who places and lifts the hold of an order whose refunds are being read."""

_OPEN = (ChannelState.OPEN, ChannelState.UNKNOWN)
_refund = tables.refund
_line = tables.order_line
_order = tables.sales_order


def note_refunds(unit: Unit, hub: Hub, shop: Connected, landings: Sequence[Landing]) -> None:
    """Take what landed orders say of refunds; owe a reading where they name others than known."""
    reads = ReadRefunds in hub.registry.connector(shop.connector).provides
    before = _with_refunds(unit, landings)
    for landing in landings:
        order = landing.source.order
        if not (order.refunded_minor or order.refund_ids or landing.order_id in before):
            continue
        _note_units(unit, landing)
        raise_refunded(unit, landing.order_id, order.refunded_minor)
        if landing.outcome.history or _says_what_is_known(unit, landing):
            continue  # of an order that was over before the hub came they are read when needed
        if reads:
            if order.state in _OPEN:
                place_hold(unit, landing.order_id, HoldReason.REFUND, BEING_READ, by=READER)
            owe(unit, "read_refunds", landing.order_id, shop.id)
        elif order.refunded_minor and order.state in _OPEN and not _names_units(order):
            amount = f"{from_minor(order.refunded_minor, order.currency)} {order.currency}"
            note = f"{amount} was refunded, and the shop does not tell for what"
            hold_unless_settled(unit, landing.order_id, HoldReason.REFUND, note, by="sync")


def _names_units(order: Order) -> bool:
    return any(line.refunded for line in order.lines)


def _with_refunds(unit: Unit, landings: Sequence[Landing]) -> set[str]:
    """Give the known orders among these that had refunds; they may have lost them."""
    ids = [one.order_id for one in landings if one.outcome.change == Change.CHANGED]
    query = select(_order.c.id).where(_order.c.id.in_(ids), _order.c.refunded_minor > 0)
    return set(unit.execute(query).scalars()) if ids else set()


def _says_what_is_known(unit: Unit, landing: Landing) -> bool:
    order, known = landing.source.order, _known(unit, landing.order_id)
    if order.refund_ids:
        return known.keys() == set(order.refund_ids)
    return sum(known.values()) == order.refunded_minor


def _known(unit: Unit, order_id: str) -> dict[str, int]:
    query = select(_refund.c.external_id, _refund.c.amount_minor).where(
        _refund.c.order_id == order_id, _refund.c.state == "made"
    )
    return {row.external_id: row.amount_minor for row in unit.execute(query)}


def _note_units(unit: Unit, landing: Landing) -> None:
    for line in landing.source.order.lines:
        if line.refunded:
            unit.execute(
                update(_line)
                .where(_line.c.order_id == landing.order_id,
                       _line.c.external_id == line.external_id, _line.c.refunded < line.refunded)
                .values(refunded=line.refunded)
            )  # fmt: skip


def raise_refunded(unit: Unit, order_id: str, told_minor: int) -> None:
    """Take the shop's sum of refunds, unless the hub knows of more."""
    unit.execute(
        update(_order)
        .where(_order.c.id == order_id, _order.c.refunded_minor < told_minor)
        .values(refunded_minor=told_minor)
    )


def apply_refunds(unit: Unit, order: StoredOrder) -> StoredOrder:
    """Take refunded units out of what is to be shipped; gives the order as it is then."""
    if not any(line.refunded for line in order.lines) and not order.record.refunded_minor:
        return order
    lines = [
        RefundedLine(line.id, line.title, line.counters.quantity, line.counters.cancelled,
                     line.counters.allocated, line.counters.shipped, line.refunded)
        for line in (*order.lines, *order.kits)
    ]  # fmt: skip
    found = leave_out(lines, _unnamed(unit, order.id))
    freed = {ledger.release(unit, line_id) for line_id, _ in found.cancelled} - {None}
    for line_id, cancelled in found.cancelled:
        unit.execute(update(_line).where(_line.c.id == line_id).values(cancelled=cancelled))
    if freed:
        stock_moved(unit, [item for item in freed if item])
        owe(unit, "reserve_waiting", "")
    for doubt in found.doubts:
        hold_unless_settled(unit, order.id, HoldReason.REFUND, doubt, by="sync")
    if found.take_back:
        note = "units of it were refunded after its parcel was prepared"
        place_hold(unit, order.id, HoldReason.CHANGED, note, by="sync")
        owe(unit, "rework_order", order.id)
    return get_order(unit.connection, order.id)


def _unnamed(unit: Unit, order_id: str) -> list[str]:
    """Give the amounts of refunds that name no unit of any line."""
    rows = unit.execute(
        select(_refund.c.amount_minor, _refund.c.currency, _refund.c.lines)
        .where(_refund.c.order_id == order_id, _refund.c.state == "made")
        .order_by(_refund.c.id)
    )
    return [
        f"{from_minor(row.amount_minor, row.currency)} {row.currency}"
        for row in rows
        if not any(line["quantity"] for line in row.lines)
    ]
