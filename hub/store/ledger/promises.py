"""The promise ledger without places: reservations, guarded by the promise row of their item."""

from datetime import datetime

from sqlalchemy import or_, select, update

from hub.store import tables
from hub.store.ids import new_id
from hub.store.ledger.projections import change_line, change_promise, lock_promise
from hub.store.unit_of_work import Unit

_promise = tables.stock_promise
_held = tables.reservation


def new_stock_item(unit: Unit, tracked: bool) -> str:
    """Create a stock item; `tracked` is False where nobody counts it."""
    item = new_id()
    unit.execute(_promise.insert().values(stock_item_id=item, tracked=tracked))
    return item


def reserve(
    unit: Unit, line_id: str, item: str, quantity: int, expires_at: datetime | None
) -> bool:
    """Promise units of an item to an order line without a place; False when not enough is free.

    A line has one promise at a time: units promised later join it.
    """
    free = _promise.c.sellable - _promise.c.reserved - _promise.c.allocated
    taken = unit.changed(
        update(_promise)
        .where(_promise.c.stock_item_id == item,
               or_(_promise.c.tracked.is_(False), free >= quantity))
        .values(reserved=_promise.c.reserved + quantity, version=_promise.c.version + 1)
    )  # fmt: skip
    if not taken:
        return False
    joined = unit.changed(
        update(_held)
        .where(_held.c.order_line_id == line_id, _held.c.state == "active")
        .values(quantity=_held.c.quantity + quantity, expires_at=expires_at)
    )
    if not joined:
        unit.execute(
            _held.insert().values(
                id=new_id(), order_line_id=line_id, stock_item_id=item, quantity=quantity,
                expires_at=expires_at, created_at=unit.now,
            )
        )  # fmt: skip
    change_line(unit, line_id, reserved=quantity)
    return True


def release(
    unit: Unit, line_id: str, state: str = "released", only_expired: bool = False
) -> str | None:
    """End a line's active reservation; gives the stock item whose promise became free."""
    known = (_held.c.order_line_id == line_id, _held.c.state == "active")
    item = unit.execute(select(_held.c.stock_item_id).where(*known)).scalar()
    if item is None:
        return None
    lock_promise(unit, item)  # as everybody: the promise first
    over = [_held.c.expires_at <= unit.now] if only_expired else []
    row = unit.execute(
        update(_held)
        .where(*known, *over)
        .values(state=state)
        .returning(_held.c.stock_item_id, _held.c.quantity)
    ).one_or_none()
    if row is None:
        return None
    change_promise(unit, row.stock_item_id, reserved=-row.quantity)
    change_line(unit, line_id, reserved=-row.quantity)
    return str(row.stock_item_id)


def consume_reservation(unit: Unit, line_id: str, left: int = 0) -> None:
    """Mark a line's reservation as turned into allocations; the counters moved with those.

    `left` units that found no place stay reserved.
    """
    unit.changed(
        update(_held)
        .where(_held.c.order_line_id == line_id, _held.c.state == "active")
        .values({"quantity": left} if left else {"state": "consumed"})
    )
