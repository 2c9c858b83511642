"""The guarded rows beside the ledgers: levels, buckets, promises and line counters."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, select, update

from hub.domain.availability import counts_for_sale
from hub.records.stock import Bucket
from hub.store import tables
from hub.store.lander import land
from hub.store.ledger.accounts import StockConflictError
from hub.store.unit_of_work import Unit

_promise = tables.stock_promise
_level = tables.stock_level
_bucket = tables.stock_bucket
_line = tables.order_line


def free_to_allocate() -> ColumnElement[int]:
    """Say in SQL what a location still has for parcels: on hand − unsellable − allocated."""
    free: ColumnElement[int] = _level.c.on_hand - _level.c.unsellable - _level.c.allocated
    return free


def lock_promise(unit: Unit, item: str) -> None:
    """Let nobody else move units of this item before the commit; always taken before a place."""
    lock_promises(unit, [item])


def lock_promises(unit: Unit, items: Iterable[str]) -> None:
    """Take the promises of all items a unit will move, in the order that everybody takes them."""
    unit.execute(
        select(_promise.c.version)
        .where(_promise.c.stock_item_id.in_(set(items)))
        .order_by(_promise.c.stock_item_id)
        .with_for_update()
    )


def move_good(unit: Unit, item: str, location_id: str, delta: int) -> None:
    """Add or remove good units; raises `StockConflictError` where parcels hold them."""
    _ensure_level(unit, item, location_id)
    guard = [free_to_allocate() + delta >= 0] if delta < 0 else []
    if not _change(unit, item, location_id, *guard, on_hand=delta):
        raise StockConflictError("not that many units are free at this location")
    change_promise(unit, item, sellable=delta)


def move_in_bucket(unit: Unit, item: str, location_id: str, bucket: Bucket, delta: int) -> None:
    """Add or remove units of a bucket; raises `StockConflictError` where it has too few."""
    _ensure_level(unit, item, location_id)
    columns = ("stock_item_id", "location_id", "bucket", "units")
    land(unit, _bucket, columns, [(item, location_id, bucket.value, 0)], keep=columns)
    moved = unit.changed(
        update(_bucket)
        .where(_bucket.c.stock_item_id == item, _bucket.c.location_id == location_id,
               _bucket.c.bucket == bucket.value, _bucket.c.units + delta >= 0)
        .values(units=_bucket.c.units + delta)
    )  # fmt: skip
    if not moved:
        raise StockConflictError(f"not that many units are {bucket} at this location")
    if counts_for_sale(bucket):
        move_good(unit, item, location_id, delta)
    else:
        _change(unit, item, location_id, on_hand=delta, unsellable=delta)


def change_level(unit: Unit, item: str, location_id: str, **deltas: int) -> None:
    """Add to the counters of a location; the caller has made sure that it may."""
    _ensure_level(unit, item, location_id)
    _change(unit, item, location_id, **deltas)


def change_promise(unit: Unit, item: str, **deltas: int) -> None:
    """Add to the counters of an item's promise."""
    changes = {name: _promise.c[name] + delta for name, delta in deltas.items()}
    unit.changed(
        update(_promise)
        .where(_promise.c.stock_item_id == item)
        .values(version=_promise.c.version + 1, **changes)
    )


def change_line(unit: Unit, line_id: str, **deltas: int) -> None:
    """Add to the counters of an order line; the database keeps their sum within its quantity."""
    unit.changed(
        update(_line)
        .where(_line.c.id == line_id)
        .values({name: _line.c[name] + delta for name, delta in deltas.items()})
    )


def _change(
    unit: Unit, item: str, location_id: str, *guard: ColumnElement[Any], **deltas: int
) -> int:
    return unit.changed(
        update(_level)
        .where(_level.c.stock_item_id == item, _level.c.location_id == location_id, *guard)
        .values({name: _level.c[name] + delta for name, delta in deltas.items()})
    )


def _ensure_level(unit: Unit, item: str, location_id: str) -> None:
    columns = ("stock_item_id", "location_id", "on_hand", "allocated", "unsellable")
    land(unit, _level, columns, [(item, location_id, 0, 0, 0)], keep=columns)
