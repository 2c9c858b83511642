"""What the plan reads: positions, demand and offers of many items, each by one statement."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from hub.domain.purchasing import ON_ORDER
from hub.records.order import ChannelState
from hub.store import tables

PLANNED_KINDS = ("warehouse", "store")
"""Kinds of location that are replenished; others are filled from these, or by somebody else."""

_BATCH = 500
_PART = 5000
_level = tables.stock_level
_promise = tables.stock_promise
_place = tables.location

Pair = tuple[str, str]
"""A stock item at a location."""


@dataclass(frozen=True)
class Place:
    """A location that is replenished; the first also answers for what has no location yet."""

    id: str
    code: str


def planned_places(database: Connection) -> list[Place]:
    """Give the locations that are replenished, the one that ships first at the top."""
    rows = database.execute(
        select(_place.c.id, _place.c.code)
        .where(_place.c.state == "active", _place.c.kind.in_(PLANNED_KINDS))
        .order_by(_place.c.priority, _place.c.code)
    )
    return [Place(row.id, row.code) for row in rows]


def positions(
    database: Connection, places: Sequence[Place], items: Collection[str] | None = None
) -> dict[Pair, int]:
    """Give the position of each pair that has one.

    Good units on hand + on order + accepted proposals − allocated − reserved − waited for.
    `items` narrows it to these stock items.
    """
    found: dict[Pair, int] = defaultdict(int)
    home = places[0].id
    good = _level.c.on_hand - _level.c.unsellable - _level.c.allocated
    level = select(_level.c.stock_item_id, _level.c.location_id, good)
    for item, place, units in _rows(database, level, _level.c.stock_item_id, items):
        found[item, place] += units
    held = select(_promise.c.stock_item_id, _promise.c.reserved).where(_promise.c.reserved > 0)
    for item, units in _rows(database, held, _promise.c.stock_item_id, items):
        found[item, home] -= units
    for item, units in _rows(database, _waited_for(), tables.order_line.c.stock_item_id, items):
        found[item, home] -= int(units)
    for query, column in _coming():
        for item, place, units in _rows(database, query, column, items):
            found[item, place] += int(units)
    return found


def _waited_for() -> Select[Any]:
    """Units of open orders for which no stock is promised: somebody waits for them."""
    order, line = tables.sales_order, tables.order_line
    missing = line.c.quantity - line.c.cancelled - line.c.shipped - line.c.reserved
    missing = missing - line.c.allocated
    return (
        select(line.c.stock_item_id, func.sum(missing))
        .join(order, order.c.id == line.c.order_id)
        .where(order.c.channel_state == ChannelState.OPEN.value, order.c.history.is_(False),
               line.c.stock_item_id.is_not(None), missing > 0)
        .group_by(line.c.stock_item_id)
    )  # fmt: skip


def _coming() -> Iterator[tuple[Select[Any], Any]]:
    order, line, wish = tables.purchase_order, tables.purchase_line, tables.proposal
    outstanding = line.c.ordered + line.c.over - line.c.received_good - line.c.received_damaged
    outstanding = outstanding - line.c.cancelled
    yield (
        select(line.c.stock_item_id, order.c.location_id, func.sum(outstanding))
        .join(order, order.c.id == line.c.purchase_order_id)
        .where(order.c.state.in_([state.value for state in ON_ORDER]))
        .group_by(line.c.stock_item_id, order.c.location_id),
        line.c.stock_item_id,
    )
    told = tables.incoming  # transfers, and what a person expects; orders are counted above
    left = told.c.quantity - told.c.received
    yield (
        select(told.c.stock_item_id, told.c.location_id, func.sum(left))
        .where(told.c.closed_at.is_(None), told.c.source.not_like("po:%"), left > 0)
        .group_by(told.c.stock_item_id, told.c.location_id),
        told.c.stock_item_id,
    )
    yield (
        select(wish.c.stock_item_id, wish.c.location_id, func.sum(wish.c.quantity))
        .where(wish.c.state == "accepted")
        .group_by(wish.c.stock_item_id, wish.c.location_id),
        wish.c.stock_item_id,
    )


def _rows(
    database: Connection, query: Select[Any], column: Any, items: Collection[str] | None
) -> Iterator[Any]:
    if items is None:
        yield from in_parts(database, query)
        return
    wanted = sorted(items)
    for start in range(0, len(wanted), _BATCH):
        yield from database.execute(query.where(column.in_(wanted[start : start + _BATCH])))


def in_parts(database: Connection, query: Select[Any]) -> Iterator[Any]:
    """Give the rows of a query, fetched many at a time: one by one they take thrice as long."""
    for part in database.execute(query).partitions(_PART):
        yield from part
