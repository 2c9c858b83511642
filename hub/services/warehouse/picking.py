"""Picking: what was fetched, and what was not where it should be."""

from typing import Any

from sqlalchemy import ColumnElement, select, update

from hub.domain.picking import still_to_put_back
from hub.services.context import Hub
from hub.services.shipping.labels import settle_work
from hub.services.shipping.shortened import shorten_parcel
from hub.services.stock.publish import stock_moved
from hub.services.warehouse.batches import FloorError, get_batch
from hub.services.warehouse.doubt import doubt
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.orders import refresh_phase
from hub.store.unit_of_work import Unit

_task, _given = tables.pick_task, tables.allocation


def record_picked(hub: Hub, number: str, position: int, units: int | None, by: str) -> int:
    """Record that units of a task were fetched, all that are left by default; gives how many.

    Raises `FloorError` when the task has not that many left.
    """
    with hub.store.unit_of_work() as unit:
        task = _open_task(unit, number, position)
        fetched = task.left if units is None else units
        _advance(unit, task, picked=fetched, by=by)
        return fetched


def record_short(
    hub: Hub, number: str, position: int, units: int | None, note: str, by: str
) -> int:
    """Record that units were not found: they are sought elsewhere for the order at once.

    What was not found stays in the building's books, in the bucket `held`, until somebody counts.
    """
    with hub.store.unit_of_work() as unit:
        task = _open_task(unit, number, position)
        missing = task.left if units is None else units
        _advance(unit, task, short=missing, by=by)
        place, order = _where(unit, task)
        freed = ledger.unallocate(unit, task.fulfilment_order_id, {task.order_line_id: missing})
        line = tables.order_line
        sku = unit.execute(select(line.c.sku).where(line.c.id == task.order_line_id)).scalar_one()
        sentence = f"{missing} of {sku} not found in {task.bin or 'its place'} at {place.code}"
        doubt(
            unit,
            task.stock_item_id,
            place.id,
            missing,
            f"{task.id}:{task.short + missing}",
            f"{sentence}: {note}" if note else sentence,
            order.id,
        )
        shorten_parcel(unit, hub, task.fulfilment_order_id, {task.order_line_id: missing})
        settle_work(unit, task.fulfilment_order_id)
        stock_moved(unit, freed | {task.stock_item_id})
        owe(unit, "accept_order", order.id)
        refresh_phase(unit, [order.id])
        return missing


def record_put_back(hub: Hub, number: str, position: int, by: str) -> int:
    """Record that units which nobody wants any more lie on their shelf again; gives how many.

    Wanted again, they are fetched again.
    """
    with hub.store.unit_of_work() as unit:
        task = _find_task(unit, number, position)
        units = to_put_back(unit, task)
        if units <= 0:
            raise FloorError(f"task {position} of {number} has nothing to put back")
        unit.execute(
            update(_task)
            .where(_task.c.id == task.id)
            .values(put_back=_task.c.put_back + units, done_by=by, done_at=unit.now)
        )
        fewer = _given.c.picked - units
        unit.execute(
            update(_given)
            .where(*_same_line(task), fewer >= _given.c.packed)
            .values(picked=fewer)
        )  # fmt: skip
        return units


def to_put_back(unit: Unit, task: Any) -> int:
    """Give the units that were picked for a task and are neither wanted nor shipped any more."""
    row = unit.execute(select(_given).where(*_same_line(task))).first()
    beyond = row.picked - (row.allocated - row.released) if row is not None else 0
    return still_to_put_back(task.picked, task.put_back, beyond)


def _open_task(unit: Unit, number: str, position: int) -> Any:
    batch = get_batch(unit, number)
    if batch.released_at is None:
        raise FloorError(f"{number} is not released: hub floor release {number}")
    return _find_task(unit, number, position)


def _find_task(unit: Unit, number: str, position: int) -> Any:
    batch = get_batch(unit, number)
    left = _task.c.quantity - _task.c.picked - _task.c.short - _task.c.recalled
    row = unit.execute(
        select(_task, left.label("left"))
        .where(_task.c.batch_id == batch.id, _task.c.position == position)
        .with_for_update()
    ).first()
    if row is None:
        raise FloorError(f"{number} has no task {position}; hub floor tasks {number} lists them")
    return row


def _advance(unit: Unit, task: Any, by: str, picked: int = 0, short: int = 0) -> None:
    """Count units as fetched or missing; the work itself counts what was fetched.

    What was put into a box, or left, without being picked by task can be neither any more.
    """
    units = picked + short
    done = units > 0 and unit.changed(
        update(_task)
        .where(_task.c.id == task.id,
               _task.c.picked + _task.c.short + _task.c.recalled + units <= _task.c.quantity)
        .values(picked=_task.c.picked + picked, short=_task.c.short + short, done_by=by,
                done_at=unit.now)
    )  # fmt: skip
    if not done:
        raise FloorError(f"task {task.position} has {task.left} units left")
    room = _given.c.allocated - _given.c.released - units
    wanted = unit.changed(
        update(_given)
        .where(*_same_line(task), _given.c.picked <= room, _given.c.shipped <= room)
        .values(picked=_given.c.picked + picked)
    )
    if not wanted:
        raise FloorError(f"task {task.position} wants fewer by now: they are packed, or gone")


def _same_line(task: Any) -> tuple[ColumnElement[bool], ...]:
    """Say which allocation a task fetches for."""
    return (
        _given.c.fulfilment_order_id == task.fulfilment_order_id,
        _given.c.order_line_id == task.order_line_id,
    )


def _where(unit: Unit, task: Any) -> tuple[Any, Any]:
    work, place, order = tables.fulfilment_order, tables.location, tables.sales_order
    row = unit.execute(select(work).where(work.c.id == task.fulfilment_order_id)).one()
    return (
        unit.execute(select(place).where(place.c.id == row.location_id)).one(),
        unit.execute(select(order).where(order.c.id == row.order_id)).one(),
    )
