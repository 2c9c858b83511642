"""Exchange: an order of the hub's own, placed when the return is authorised, held until it came.

Why an order and not a line of the first one: see `hub.services.orders.own_orders`.
"""

from typing import Any

from sqlalchemy import select, update

from hub.records.events import EventKind
from hub.records.order import ChannelState, HoldReason
from hub.records.return_policy import RefundAt, ReturnPolicy
from hub.records.returns import Resolution
from hub.services.context import Hub
from hub.services.orders.holds import place_hold, release_placed
from hub.services.orders.own_orders import OwnLine, place_own_order, promise_own_order
from hub.services.returns.rows import ReturnRefusedError, StoredReturn, lock_return, tell
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.orders import get_order, refresh_phase
from hub.store.unit_of_work import Unit

_MARK = "hub:return:"
EXCHANGE = "exchange"
"""Who places and lifts the hold of an exchange."""

_order = tables.sales_order
_return = tables.sales_return


def place_replacement(unit: Unit, hub: Hub, stored: StoredReturn, policy: ReturnPolicy) -> None:
    """Place the order that brings what is wanted instead; its units are reserved at once.

    Raises `ReturnRefusedError` for goods the hub does not have.
    """
    lines = [one for one in stored.lines if one.resolution == Resolution.EXCHANGE.value]
    if not lines or stored.row.exchange_order_id is not None:
        return
    original = get_order(unit.connection, stored.row.order_id)
    wanted = [_wanted(unit, line) for line in lines]
    number = str(stored.row.number)
    mark = f"{_MARK}{stored.id}"
    order_id = place_own_order(unit, original, number, mark, EXCHANGE, wanted)
    if policy.exchange_ships_at != RefundAt.APPROVED:
        note = f"{number} is not back yet"
        place_hold(unit, order_id, HoldReason.RETURN_ITEMS_AWAITED, note, by=EXCHANGE)
    promise_own_order(unit, hub, order_id)
    linked = update(_return).where(_return.c.id == stored.id)
    unit.execute(linked.values(exchange_order_id=order_id))
    refresh_phase(unit, [order_id])
    chosen = [f"{one.units} of {one.sku}" for one in wanted]
    keep_decision(unit, order_id, EXCHANGE, "placed", {
        "return": number, "instead_of": original.number, "chosen": chosen,
        "waits_for": policy.exchange_ships_at.value,
    })  # fmt: skip
    tell(unit, stored.id, f"an order brings {', '.join(chosen)} instead", "policy")


def _wanted(unit: Unit, line: Any) -> OwnLine:
    """Give what a line is exchanged for; without another SKU the same again."""
    if not line.exchange_sku:
        if line.stock_item_id is None:
            raise ReturnRefusedError(f"nobody knows what {line.sku} is here: name what to send")
        return OwnLine(line.sku, line.title, line.stock_item_id, line.authorised)
    variant = tables.variant
    row = unit.execute(
        select(variant.c.title, variant.c.stock_item_id).where(variant.c.sku == line.exchange_sku)
    ).one_or_none()
    if row is None:
        raise ReturnRefusedError(f"there is no variant {line.exchange_sku} to send instead")
    return OwnLine(line.exchange_sku, row.title, row.stock_item_id, line.authorised)


def let_go(unit: Unit, stored: StoredReturn, by: str) -> bool:
    """Let the replacement leave: what it waited for has come. False when it did not wait."""
    order_id = stored.row.exchange_order_id
    if order_id is None:
        return False
    if not release_placed(unit, order_id, HoldReason.RETURN_ITEMS_AWAITED, by=EXCHANGE):
        return False
    shop = unit.execute(select(_order.c.connection_id).where(_order.c.id == order_id)).scalar_one()
    unit.record(EventKind.HOLD_RELEASED, order_id, shop)
    tell(unit, stored.id, "what is sent instead may leave", by)
    refresh_phase(unit, [order_id])
    return True


def still_waits(unit: Unit, stored: StoredReturn) -> bool:
    """Whether the replacement is held until the old goods are back."""
    hold = tables.hold
    query = select(hold.c.id).where(
        hold.c.order_id == stored.row.exchange_order_id, hold.c.placed_by == EXCHANGE,
        hold.c.released_at.is_(None),
    )  # fmt: skip
    return unit.execute(query).first() is not None


def send_now(hub: Hub, number: str, by: str) -> None:
    """Let the replacement leave before the goods are back, by a person's word.

    Raises `ReturnRefusedError` when none waits.
    """
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if not let_go(unit, stored, by):
            raise ReturnRefusedError(f"nothing waits to be sent instead for {stored.row.number}")


def cancel_replacement(unit: Unit, stored: StoredReturn) -> None:
    """Give up the replacement of a return that nobody sent; what it had reserved is free."""
    order_id = stored.row.exchange_order_id
    if order_id is None:
        return
    line = tables.order_line
    left = select(line.c.id).where(line.c.order_id == order_id, line.c.shipped > 0)
    if unit.execute(left.limit(1)).first() is not None:
        return tell(unit, stored.id, "what is sent instead has left already", "policy")
    cancelled = (
        update(_order)
        .where(_order.c.id == order_id, _order.c.channel_state == ChannelState.OPEN.value)
        .values(channel_state=ChannelState.CANCELLED.value)
    )
    if unit.changed(cancelled):
        _give_money_instead(unit, stored.id)
        shop = select(_order.c.connection_id).where(_order.c.id == order_id)
        unit.record(EventKind.ORDER_CANCELLED, order_id, unit.execute(shop).scalar_one())
        refresh_phase(unit, [order_id])
        tell(unit, stored.id, "what was to be sent instead is given up", "policy")


def _give_money_instead(unit: Unit, return_id: str) -> None:
    """What comes all the same is paid for: nothing is sent instead of it any more."""
    lines, exchange = tables.return_line, Resolution.EXCHANGE.value
    mine = update(lines).where(lines.c.return_id == return_id, lines.c.resolution == exchange)
    unit.execute(mine.values(resolution=Resolution.REFUND.value))
