"""Batches: the work of several orders, fetched in one walk."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from hub.domain.picking import OpenWork, bin_key, choose
from hub.records.order import ChannelState
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.warehouse.bins import Bin, bins_of
from hub.store import tables
from hub.store.ids import new_id
from hub.store.numbers import next_number
from hub.store.unit_of_work import Unit

_batch, _task = tables.pick_batch, tables.pick_task
_work, _given = tables.fulfilment_order, tables.allocation
PREFIX = "B"


class FloorError(HubError):
    """Something cannot be done on the floor as it is; the text says why, and what to do."""


def plan_batch(hub: Hub, location_id: str, max_orders: int, max_units: int, by: str) -> str | None:
    """Put waiting work of a location into a new batch; gives its number, None without any."""
    with hub.store.unit_of_work() as unit:
        _plan_alone(unit, location_id)
        waiting = waiting_work(unit, location_id)
        rows = [row for rows in waiting.values() for row in rows]
        bins = bins_of(unit, location_id, {row.stock_item_id for row in rows})
        chosen = choose(_open_works(waiting, bins), max_orders, max_units)
        if not chosen:
            return None
        batch_id, number = new_id(), f"{PREFIX}-{next_number(unit, 'pick_batch')}"
        unit.execute(
            _batch.insert().values(
                id=batch_id, number=number, location_id=location_id, created_at=unit.now,
                created_by=by,
            )
        )  # fmt: skip
        wanted = [row for work in chosen for row in waiting[work.id]]
        _write_tasks(unit, batch_id, wanted, bins)
        return number


def _plan_alone(unit: Unit, location_id: str) -> None:
    """Let nobody else plan at this location until the unit ends: they would take the same work."""
    place = tables.location
    here = select(place.c.id).where(place.c.id == location_id)
    unit.execute(here.with_for_update(key_share=True))


def waiting_work(unit: Unit, location_id: str) -> dict[str, list[Any]]:
    """Give what is to be fetched, by fulfilment order: of orders that are neither held nor over.

    Each row is an open allocation with `to_pick`, the units nobody fetches yet.
    """
    order, hold = tables.sales_order, tables.hold
    held = select(hold.c.order_id).where(hold.c.released_at.is_(None))
    asked = select(_task.c.fulfilment_order_id).where(
        _task.c.picked + _task.c.short + _task.c.recalled < _task.c.quantity
    )
    to_pick = _given.c.allocated - _given.c.released - _given.c.picked
    query = (
        select(_given, to_pick.label("to_pick"), order.c.placed_at)
        .join(_work, _work.c.id == _given.c.fulfilment_order_id)
        .join(order, order.c.id == _work.c.order_id)
        .where(
            _work.c.location_id == location_id, _work.c.state.in_(["open", "in_progress"]),
            to_pick > 0, order.c.channel_state == ChannelState.OPEN.value,
            order.c.id.not_in(held), _work.c.id.not_in(asked),
        )
        .order_by(order.c.placed_at, _work.c.id, _given.c.id)
    )  # fmt: skip
    found: dict[str, list[Any]] = {}
    for row in unit.execute(query):
        found.setdefault(row.fulfilment_order_id, []).append(row)
    return found


def _open_works(waiting: dict[str, list[Any]], bins: dict[str, Bin]) -> list[OpenWork]:
    return [
        OpenWork(
            id=id, placed_at=rows[0].placed_at, units=sum(row.to_pick for row in rows),
            stops=frozenset(bins[row.stock_item_id].code for row in rows),
        )
        for id, rows in waiting.items()
    ]  # fmt: skip


def _write_tasks(unit: Unit, batch_id: str, rows: Sequence[Any], bins: dict[str, Bin]) -> None:
    """Write one task an allocation, in walking order."""

    def place(row: Any) -> tuple[Any, ...]:
        bin = bins[row.stock_item_id]
        return *bin_key(bin.code, bin.walk), row.stock_item_id, row.placed_at, row.id

    unit.execute(
        _task.insert(),
        [
            {
                "id": new_id(), "batch_id": batch_id, "position": position,
                "fulfilment_order_id": row.fulfilment_order_id,
                "order_line_id": row.order_line_id, "stock_item_id": row.stock_item_id,
                "bin": bins[row.stock_item_id].code, "quantity": row.to_pick,
            }
            for position, row in enumerate(sorted(rows, key=place), start=1)
        ],
    )  # fmt: skip


def release_batch(hub: Hub, number: str) -> bool:
    """Let a batch be fetched; False when it was released before."""
    with hub.store.unit_of_work() as unit:
        batch = get_batch(unit, number)
        released = unit.changed(
            update(_batch)
            .where(_batch.c.id == batch.id, _batch.c.released_at.is_(None))
            .values(released_at=unit.now)
        )
        works = select(_task.c.fulfilment_order_id).where(_task.c.batch_id == batch.id)
        unit.execute(
            update(_work)
            .where(_work.c.id.in_(works), _work.c.state == "open")
            .values(state="in_progress")
        )
        return bool(released)


def close_batch(hub: Hub, number: str) -> int:
    """End a batch; what nobody has fetched waits for another. Gives the units left."""
    with hub.store.unit_of_work() as unit:
        batch = get_batch(unit, number)
        unit.execute(
            update(_batch)
            .where(_batch.c.id == batch.id, _batch.c.closed_at.is_(None))
            .values(closed_at=unit.now)
        )
        return recall(unit, _task.c.batch_id == batch.id)


def recall(unit: Unit, which: Any) -> int:
    """Take back what of these tasks is not fetched yet; gives the units."""
    left = _task.c.quantity - _task.c.picked - _task.c.short - _task.c.recalled
    rows = unit.execute(
        select(_task.c.id, left.label("units")).where(which, left > 0).with_for_update()
    ).all()
    for row in rows:
        unit.execute(
            update(_task)
            .where(_task.c.id == row.id)
            .values(recalled=_task.c.recalled + row.units, done_at=unit.now)
        )
    return sum(row.units for row in rows)


def recall_work(unit: Unit, fulfilment_order_id: str) -> int:
    """Nobody wants this work any more: what is not fetched is not; the rest goes back."""
    return recall(unit, _task.c.fulfilment_order_id == fulfilment_order_id)


def get_batch(unit: Unit, number: str) -> Any:
    """Find a batch by its number; raises `FloorError`."""
    row = unit.execute(select(_batch).where(_batch.c.number == number)).first()
    if row is None:
        raise FloorError(f"there is no batch {number}; hub floor batches lists them")
    return row


def location_id(hub: Hub, code: str) -> str:
    """Find a location by its code; without one, the first. Raises `FloorError`."""
    place = tables.location
    with hub.store.reading() as database:
        query = select(place.c.id).order_by(place.c.priority, place.c.code).limit(1)
        found = database.execute(query.where(place.c.code == code) if code else query).scalar()
    if found is None:
        raise FloorError(f"there is no location {code}; hub locations list lists them")
    return str(found)
