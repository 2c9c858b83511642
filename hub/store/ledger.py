"""The two ledgers of stock, moved only by guarded updates: zero rows changed means "not enough".

*Physical*: every unit moves from one account to another, so all sums to zero; `stock_level` and
`stock_promise.sellable` are its projections. *Promise*: reservation (no place yet) → allocation
(at a location). A promise is always taken before a place.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from hub.records.stock import MovementKind
from hub.sdk.errors import TransientError
from hub.store import tables
from hub.store.ids import new_id
from hub.store.lander import land
from hub.store.unit_of_work import Unit

ADJUSTMENT = "adjustment"
CUSTOMER = "customer"

_promise = tables.stock_promise
_level = tables.stock_level
_line = tables.order_line


class StockConflictError(TransientError):
    """Stock moved between reading and writing: roll back, read again, decide again."""


def account(location_id: str) -> str:
    """Name the ledger account of a location's units on hand."""
    return f"location:{location_id}"


def new_stock_item(unit: Unit, tracked: bool) -> str:
    """Create a stock item; `tracked` is False where nobody counts it."""
    item = new_id()
    unit.execute(_promise.insert().values(stock_item_id=item, tracked=tracked))
    return item


def adjust(
    unit: Unit, item: str, location_id: str, delta: int, command_id: str, reason: str,
    kind: MovementKind = MovementKind.ADJUST,
) -> bool:  # fmt: skip
    """Add (or with a negative delta remove) units at a location, once per command.

    Returns False when this command was carried out before. Raises `StockConflictError` when units
    allocated to parcels would have to go; reserved ones may, since what is gone is gone.
    """
    if delta == 0 or _moved_before(unit, command_id):
        return False
    here, outside = account(location_id), ADJUSTMENT
    source, target = (outside, here) if delta > 0 else (here, outside)
    _write_movement(unit, item, abs(delta), source, target, kind, command_id, reason)
    _ensure_level(unit, item, location_id)
    guard = [_level.c.on_hand + delta >= _level.c.allocated] if delta < 0 else []
    moved = unit.changed(
        update(_level)
        .where(_level.c.stock_item_id == item, _level.c.location_id == location_id, *guard)
        .values(on_hand=_level.c.on_hand + delta)
    )
    if not moved:
        raise StockConflictError("not that many units are free at this location")
    _change_promise(unit, item, sellable=delta)
    return True


def reserve(
    unit: Unit, line_id: str, item: str, quantity: int, expires_at: datetime | None
) -> bool:
    """Promise units of an item to an order line without a place; False when not enough is free."""
    free = _promise.c.sellable - _promise.c.reserved - _promise.c.allocated
    taken = unit.changed(
        update(_promise)
        .where(_promise.c.stock_item_id == item,
               or_(_promise.c.tracked.is_(False), free >= quantity))
        .values(reserved=_promise.c.reserved + quantity, version=_promise.c.version + 1)
    )  # fmt: skip
    if not taken:
        return False
    unit.execute(
        tables.reservation.insert().values(
            id=new_id(), order_line_id=line_id, stock_item_id=item, quantity=quantity,
            expires_at=expires_at, created_at=unit.now,
        )
    )  # fmt: skip
    _change_line(unit, line_id, reserved=quantity)
    return True


def release(
    unit: Unit, line_id: str, state: str = "released", only_expired: bool = False
) -> str | None:
    """End a line's active reservation; gives the stock item whose promise became free."""
    over = [tables.reservation.c.expires_at <= unit.now] if only_expired else []
    row = unit.execute(
        update(tables.reservation)
        .where(tables.reservation.c.order_line_id == line_id,
               tables.reservation.c.state == "active", *over)
        .values(state=state)
        .returning(tables.reservation.c.stock_item_id, tables.reservation.c.quantity)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    _change_promise(unit, row.stock_item_id, reserved=-row.quantity)
    _change_line(unit, line_id, reserved=-row.quantity)
    return str(row.stock_item_id)


@dataclass(frozen=True)
class Placement:
    """Units of a reserved line that are to ship from a location."""

    line_id: str
    stock_item_id: str
    location_id: str
    quantity: int


def allocate(unit: Unit, place: Placement, fulfilment_order_id: str, tracked: bool) -> None:
    """Turn reserved units into units allocated at a location.

    Raises `StockConflictError` when the location no longer has them free.
    """
    _change_promise(unit, place.stock_item_id, reserved=-place.quantity, allocated=place.quantity)
    if tracked:
        found = unit.changed(
            update(_level)
            .where(_level.c.stock_item_id == place.stock_item_id,
                   _level.c.location_id == place.location_id,
                   _level.c.on_hand - _level.c.allocated >= place.quantity)
            .values(allocated=_level.c.allocated + place.quantity)
        )  # fmt: skip
        if not found:
            raise StockConflictError("the location no longer has these units free")
    unit.execute(
        tables.allocation.insert().values(
            id=new_id(), order_line_id=place.line_id, stock_item_id=place.stock_item_id,
            location_id=place.location_id, fulfilment_order_id=fulfilment_order_id,
            allocated=place.quantity,
        )
    )  # fmt: skip
    _change_line(unit, place.line_id, reserved=-place.quantity, allocated=place.quantity)


def consume_reservation(unit: Unit, line_id: str) -> None:
    """Mark a line's reservation as turned into allocations; the counters moved with those."""
    unit.changed(
        update(tables.reservation)
        .where(tables.reservation.c.order_line_id == line_id,
               tables.reservation.c.state == "active")
        .values(state="consumed")
    )  # fmt: skip


def unallocate(unit: Unit, fulfilment_order_id: str) -> set[str]:
    """Give back everything a fulfilment order still holds; gives the items that became free."""
    freed: set[str] = set()
    for row in _open_allocations(unit, fulfilment_order_id):
        quantity = row.allocated - row.released - row.shipped
        unit.execute(
            update(tables.allocation)
            .where(tables.allocation.c.id == row.id)
            .values(released=tables.allocation.c.released + quantity)
        )
        if row.tracked:
            _change_level(unit, row.stock_item_id, row.location_id, allocated=-quantity)
        _change_promise(unit, row.stock_item_id, allocated=-quantity)
        _change_line(unit, row.order_line_id, allocated=-quantity)
        freed.add(row.stock_item_id)
    return freed


def ship(unit: Unit, fulfilment_order_id: str, shipment_id: str) -> int:
    """Hand allocated units to the customer: `on_hand` moves now. Gives the units that left."""
    units = 0
    for row in _open_allocations(unit, fulfilment_order_id):
        quantity = row.allocated - row.released - row.shipped
        if row.tracked:
            _write_movement(
                unit, row.stock_item_id, quantity, account(row.location_id), CUSTOMER,
                MovementKind.SHIP, f"ship:{shipment_id}:{row.id}", "",
            )  # fmt: skip
            _change_level(
                unit, row.stock_item_id, row.location_id, on_hand=-quantity, allocated=-quantity
            )
        _change_promise(
            unit, row.stock_item_id, allocated=-quantity, sellable=-quantity if row.tracked else 0
        )
        unit.execute(
            update(tables.allocation)
            .where(tables.allocation.c.id == row.id)
            .values(shipped=tables.allocation.c.shipped + quantity)
        )
        _change_line(unit, row.order_line_id, allocated=-quantity, shipped=quantity)
        units += quantity
    return units


def issue_elsewhere(
    unit: Unit, line_id: str, item: str, location_id: str, quantity: int, command_id: str
) -> None:
    """Book units the shop itself has shipped: they left, whether or not the hub had promised them.

    The reservation is released by the caller first. `on_hand` may become negative: the units did
    leave, and a wrong number someone sees is better than a right one nobody believes.
    """
    if _moved_before(unit, command_id):
        return
    tracked = unit.execute(
        select(_promise.c.tracked).where(_promise.c.stock_item_id == item)
    ).scalar_one()
    if tracked:
        _write_movement(
            unit, item, quantity, account(location_id), CUSTOMER, MovementKind.SHIP, command_id,
            "shipped by the channel",
        )  # fmt: skip
        _ensure_level(unit, item, location_id)
        _change_level(unit, item, location_id, on_hand=-quantity)
        _change_promise(unit, item, sellable=-quantity)
    _change_line(unit, line_id, shipped=quantity)


def _open_allocations(unit: Unit, fulfilment_order_id: str) -> list[Any]:
    rows = tables.allocation
    return list(
        unit.execute(
            select(rows, _promise.c.tracked)
            .join(_promise, _promise.c.stock_item_id == rows.c.stock_item_id)
            .where(rows.c.fulfilment_order_id == fulfilment_order_id,
                   rows.c.allocated > rows.c.released + rows.c.shipped)
            .order_by(rows.c.id)
        )
    )  # fmt: skip


def _moved_before(unit: Unit, command_id: str) -> bool:
    moves = tables.stock_movement
    query = select(moves.c.id).where(moves.c.command_id == command_id)
    return unit.execute(query).first() is not None


def _write_movement(
    unit: Unit, item: str, quantity: int, source: str, target: str, kind: MovementKind,
    command_id: str, reason: str,
) -> None:  # fmt: skip
    unit.execute(
        tables.stock_movement.insert().values(
            id=new_id(), stock_item_id=item, quantity=quantity, from_account=source,
            to_account=target, kind=kind.value, command_id=command_id, reason=reason, at=unit.now,
        )
    )  # fmt: skip


def _ensure_level(unit: Unit, item: str, location_id: str) -> None:
    columns = ("stock_item_id", "location_id", "on_hand", "allocated")
    land(unit, _level, columns, [(item, location_id, 0, 0)], keep=columns)


def _change_level(unit: Unit, item: str, location_id: str, **deltas: int) -> None:
    unit.changed(
        update(_level)
        .where(_level.c.stock_item_id == item, _level.c.location_id == location_id)
        .values({name: _level.c[name] + delta for name, delta in deltas.items()})
    )


def _change_promise(unit: Unit, item: str, **deltas: int) -> None:
    changes = {name: _promise.c[name] + delta for name, delta in deltas.items()}
    unit.changed(
        update(_promise)
        .where(_promise.c.stock_item_id == item)
        .values(version=_promise.c.version + 1, **changes)
    )


def _change_line(unit: Unit, line_id: str, **deltas: int) -> None:
    unit.changed(
        update(_line)
        .where(_line.c.id == line_id)
        .values({name: _line.c[name] + delta for name, delta in deltas.items()})
    )
