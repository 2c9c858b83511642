"""Orphans: goods without an order find theirs, and the policy says whether they are accepted."""

from typing import Any

from sqlalchemy import update

from hub.domain.returns_policy import Answer
from hub.services.context import Hub
from hub.services.intake.refunds import lock_money
from hub.services.returns.approve import adopt
from hub.services.returns.request import judge_match
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    get_return,
    lock_return,
    refresh_state,
    still_here,
    tell,
)
from hub.store import tables
from hub.store.orders import StoredLine, StoredOrder, find_order_id, get_order
from hub.store.unit_of_work import Unit

_return = tables.sales_return
_line = tables.return_line


def match(hub: Hub, number: str, order_number: str, by: str) -> Answer:
    """Say of which order an orphan is; gives what the policy says of it.

    Approved by the policy, it goes on by itself; otherwise `hub returns approve` or `decline` does.
    Raises `ReturnRefusedError` when the order has none of its goods.
    """
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        order = get_order(unit.connection, find_order_id(unit.connection, order_number))
        lock_money(unit, order.id)
        if stored.row.order_id is None and not any(still_here(unit, line) for line in stored.lines):
            raise ReturnRefusedError(f"all that came as {stored.row.number} went back")
        parts = _parts(stored, order)
        belongs = update(_return).where(_return.c.id == stored.id, _return.c.order_id.is_(None))
        question = "may it come back? hub returns approve or decline"
        named = {"order_id": order.id, "connection_id": order.connection_id, "question": question}
        if not unit.changed(belongs.values(named)):
            raise ReturnRefusedError(f"{stored.row.number} has its order")
        for line, ordered in parts:
            _attach(unit, line, ordered)
        tell(unit, stored.id, f"belongs to {order.number}", by)
        ruling = judge_match(unit, order, stored, parts)
        if ruling.answer == Answer.APPROVE:
            adopt(unit, get_return(unit.connection, stored.id), by="policy")
        refresh_state(unit, stored.id)
        return ruling.answer


def _parts(stored: StoredReturn, order: StoredOrder) -> list[tuple[Any, StoredLine]]:
    """Pair each line with one of the order: the same item, or the same SKU."""
    parts = []
    for line in stored.lines:
        same = [
            one for one in order.lines
            if (line.stock_item_id and one.stock_item_id == line.stock_item_id)
            or (line.sku and one.sku == line.sku)
        ]  # fmt: skip
        if same:
            best = max(same, key=lambda one: one.counters.shipped)
            parts.append((line, best))
    if not parts:
        raise ReturnRefusedError(f"{order.number} has nothing of what came")
    return parts


def _attach(unit: Unit, line: Any, ordered: StoredLine) -> None:
    values = {"order_line_id": ordered.id, "sku": line.sku or ordered.sku}
    unit.execute(update(_line).where(_line.c.id == line.id).values(values))
