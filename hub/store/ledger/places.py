"""The promise ledger at places: allocations, until their units leave the building."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, select, update

from hub.records.stock import MovementKind
from hub.store import tables
from hub.store.ids import new_id
from hub.store.ledger.accounts import CUSTOMER, StockConflictError, account
from hub.store.ledger.physical import moved_before, write_movement
from hub.store.ledger.projections import (
    change_level,
    change_line,
    change_promise,
    free_to_allocate,
    lock_promises,
)
from hub.store.unit_of_work import Unit

_promise = tables.stock_promise
_level = tables.stock_level
_given = tables.allocation


@dataclass(frozen=True)
class Placement:
    """Units of a reserved line that are to ship from a location."""

    line_id: str
    stock_item_id: str
    location_id: str
    quantity: int


def allocate(unit: Unit, place: Placement, fulfilment_order_id: str, tracked: bool) -> None:
    """Turn reserved units into units allocated at a location, one row for each line of the work.

    Raises `StockConflictError` when the location no longer has them free.
    """
    change_promise(unit, place.stock_item_id, reserved=-place.quantity, allocated=place.quantity)
    if tracked:
        found = unit.changed(
            update(_level)
            .where(_level.c.stock_item_id == place.stock_item_id,
                   _level.c.location_id == place.location_id,
                   free_to_allocate() >= place.quantity)
            .values(allocated=_level.c.allocated + place.quantity)
        )  # fmt: skip
        if not found:
            raise StockConflictError("the location no longer has these units free")
    _write_allocation(unit, place, fulfilment_order_id)
    change_line(unit, place.line_id, reserved=-place.quantity, allocated=place.quantity)


def _write_allocation(unit: Unit, place: Placement, fulfilment_order_id: str) -> None:
    """Raise the row of the line in this work, or write it: who picks and packs counts on one."""
    raised = unit.changed(
        update(_given)
        .where(_given.c.fulfilment_order_id == fulfilment_order_id,
               _given.c.order_line_id == place.line_id,
               _given.c.stock_item_id == place.stock_item_id)
        .values(allocated=_given.c.allocated + place.quantity)
    )  # fmt: skip
    if raised:
        return
    unit.execute(
        _given.insert().values(
            id=new_id(), order_line_id=place.line_id, stock_item_id=place.stock_item_id,
            location_id=place.location_id, fulfilment_order_id=fulfilment_order_id,
            allocated=place.quantity,
        )
    )  # fmt: skip


def unallocate(
    unit: Unit, fulfilment_order_id: str, units: Mapping[str, int] | None = None
) -> set[str]:
    """Give back what a fulfilment order still holds; gives the items that became free.

    `units` says how many of which order line; None is everything. What of it was picked or packed
    goes back to its shelf: a box counts only what is wanted.
    """
    freed: set[str] = set()
    for row, quantity in _open_allocations(unit, fulfilment_order_id, units):
        wanted = _given.c.allocated - _given.c.released - quantity
        unit.execute(
            update(_given)
            .where(_given.c.id == row.id)
            .values(
                released=_given.c.released + quantity,
                packed=case((_given.c.packed > wanted, wanted), else_=_given.c.packed),
            )
        )
        change_promise(unit, row.stock_item_id, allocated=-quantity)
        if row.tracked:
            change_level(unit, row.stock_item_id, row.location_id, allocated=-quantity)
        change_line(unit, row.order_line_id, allocated=-quantity)
        freed.add(row.stock_item_id)
    return freed


def ship(
    unit: Unit, fulfilment_order_id: str, shipment_id: str, units: Mapping[str, int] | None = None
) -> int:
    """Hand allocated units to the customer: `on_hand` moves now. Gives the units that left.

    `units` says how many of which order line are in the parcel; None is everything.
    """
    left = 0
    for row, quantity in _open_allocations(unit, fulfilment_order_id, units):
        if row.tracked:
            write_movement(
                unit, row.stock_item_id, quantity, account(row.location_id), CUSTOMER,
                MovementKind.SHIP, f"ship:{shipment_id}:{row.id}", "",
            )  # fmt: skip
            change_level(
                unit, row.stock_item_id, row.location_id, on_hand=-quantity, allocated=-quantity
            )
        change_promise(
            unit, row.stock_item_id, allocated=-quantity, sellable=-quantity if row.tracked else 0
        )
        unit.execute(
            update(_given).where(_given.c.id == row.id).values(shipped=_given.c.shipped + quantity)
        )
        change_line(unit, row.order_line_id, allocated=-quantity, shipped=quantity)
        left += quantity
    return left


def issue_elsewhere(
    unit: Unit, line_id: str, item: str, location_id: str, quantity: int, command_id: str
) -> None:
    """Book units the shop itself has shipped: they left, whether or not the hub had promised them.

    The reservation is released by the caller first. `on_hand` may become negative: the units did
    leave, and a wrong number someone sees is better than a right one nobody believes.
    """
    if moved_before(unit, command_id):
        return
    tracked = unit.execute(
        select(_promise.c.tracked).where(_promise.c.stock_item_id == item)
    ).scalar_one()
    if tracked:
        write_movement(
            unit, item, quantity, account(location_id), CUSTOMER, MovementKind.SHIP, command_id,
            "shipped by the channel",
        )  # fmt: skip
        change_promise(unit, item, sellable=-quantity)
        change_level(unit, item, location_id, on_hand=-quantity)
    change_line(unit, line_id, shipped=quantity)


def _open_allocations(
    unit: Unit, fulfilment_order_id: str, units: Mapping[str, int] | None
) -> list[tuple[Any, int]]:
    """Give the open allocations of a piece of work, each with how many of its units are meant.

    Their promises are taken first: nobody else moves these units between the look and the deed.
    """
    items = unit.execute(
        select(_given.c.stock_item_id).where(_given.c.fulfilment_order_id == fulfilment_order_id)
    )
    lock_promises(unit, items.scalars().all())
    rows = unit.execute(
        select(_given, _promise.c.tracked)
        .join(_promise, _promise.c.stock_item_id == _given.c.stock_item_id)
        .where(_given.c.fulfilment_order_id == fulfilment_order_id,
               _given.c.allocated > _given.c.released + _given.c.shipped)
        .order_by(_given.c.stock_item_id, _given.c.id)
    ).all()  # fmt: skip
    meant: list[tuple[Any, int]] = []
    asked = dict(units) if units is not None else None
    for row in rows:
        quantity = row.allocated - row.released - row.shipped
        if asked is not None:
            quantity = min(quantity, asked.get(row.order_line_id, 0))
            asked[row.order_line_id] = asked.get(row.order_line_id, 0) - quantity
        if quantity:
            meant.append((row, quantity))
    return meant
