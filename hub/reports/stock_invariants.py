"""What must hold between the two ledgers of stock and the numbers kept beside them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Subquery,
    func,
    literal,
    select,
    union_all,
)

from hub.domain.availability import COUNTS_FOR_SALE
from hub.store import tables
from hub.store.catalogue import offers_by_id
from hub.store.desired import STOCK
from hub.store.ledger import PLACE
from hub.store.offering import quantities

Numbers = ColumnElement[Any]
"""A column, or what is counted from columns."""

_moved = tables.stock_movement
_level = tables.stock_level
_bucket = tables.stock_bucket
_promise = tables.stock_promise
_held = tables.reservation
_given = tables.allocation
_line = tables.order_line


def levels_equal_the_ledger(database: Connection) -> Iterator[str]:
    """Good units and those of each bucket at a location are what moved in less what moved out."""
    aside = func.coalesce(
        select(func.sum(_bucket.c.units))
        .where(_bucket.c.stock_item_id == _level.c.stock_item_id,
               _bucket.c.location_id == _level.c.location_id)
        .scalar_subquery(), 0,
    )  # fmt: skip
    entry = union_all(
        select(_moved.c.stock_item_id, _moved.c.to_account.label("account"),
               _moved.c.quantity.label("units")),
        select(_moved.c.stock_item_id, _moved.c.from_account, -_moved.c.quantity),
        select(_level.c.stock_item_id, literal(PLACE) + _level.c.location_id,
               aside - _level.c.on_hand),
        select(_bucket.c.stock_item_id,
               literal(PLACE) + _bucket.c.location_id + literal("/") + _bucket.c.bucket,
               -_bucket.c.units),
    ).subquery()  # fmt: skip
    rows = database.execute(
        select(entry.c.stock_item_id, entry.c.account, func.sum(entry.c.units).label("off"))
        .where(entry.c.account.startswith(PLACE))
        .group_by(entry.c.stock_item_id, entry.c.account)
        .having(func.sum(entry.c.units) != 0)
    )
    for row in rows:
        yield f"{row.stock_item_id} at {row.account}: ledger − on hand = {row.off}"


def sellable_equals_the_levels(database: Connection) -> Iterator[str]:
    """What may be sold of an item is what is on hand over all locations and counts for sale."""
    good = _sum(_level, _level.c.stock_item_id, _level.c.on_hand - _level.c.unsellable)
    return _differences(database, _promise.c.sellable, good)


def unsellable_equals_the_buckets(database: Connection) -> Iterator[str]:
    """What does not count for sale at a location is what its buckets that do not count hold."""
    not_for_sale = [bucket.value for bucket, counts in COUNTS_FOR_SALE.items() if not counts]
    entry = union_all(
        select(_bucket.c.stock_item_id, _bucket.c.location_id, _bucket.c.units.label("units"))
        .where(_bucket.c.bucket.in_(not_for_sale)),
        select(_level.c.stock_item_id, _level.c.location_id, -_level.c.unsellable),
    ).subquery()  # fmt: skip
    for row in database.execute(_off(entry)):
        yield f"{row.stock_item_id} at {row.location_id}: buckets − unsellable = {row.off}"


def reserved_equals_the_reservations(database: Connection) -> Iterator[str]:
    """Units reserved of an item are those of its active reservations."""
    active = _sum(_held, _held.c.stock_item_id, _held.c.quantity, _held.c.state == "active")
    return _differences(database, _promise.c.reserved, active)


def allocated_equals_the_allocations(database: Connection) -> Iterator[str]:
    """Units allocated of an item are those of its open allocations."""
    given = _sum(_given, _given.c.stock_item_id, _still_given())
    return _differences(database, _promise.c.allocated, given)


def levels_equal_the_allocations(database: Connection) -> Iterator[str]:
    """Units allocated at a location are those of the open allocations of counted items there."""
    entry = union_all(
        select(_given.c.stock_item_id, _given.c.location_id, _still_given().label("units"))
        .join(_promise, _promise.c.stock_item_id == _given.c.stock_item_id)
        .where(_promise.c.tracked),
        select(_level.c.stock_item_id, _level.c.location_id, -_level.c.allocated),
    ).subquery()
    for row in database.execute(_off(entry)):
        yield f"{row.stock_item_id} at {row.location_id}: allocations − level = {row.off}"


def lines_equal_their_reservations(database: Connection) -> Iterator[str]:
    """Units reserved of an order line are those of its active reservation."""
    active = _sum(_held, _held.c.order_line_id, _held.c.quantity, _held.c.state == "active")
    return _line_differences(database, _line.c.reserved, active)


def lines_equal_their_allocations(database: Connection) -> Iterator[str]:
    """Units allocated of an order line are those of its open allocations."""
    given = _sum(_given, _given.c.order_line_id, _still_given())
    return _line_differences(database, _line.c.allocated, given)


def confirmed_numbers_are_true(database: Connection) -> Iterator[str]:
    """A channel that was confirmed to show the newest number shows what may be sold."""
    wish, shop = tables.desired, tables.connection
    rows = database.execute(
        select(shop.c.code, wish.c.target, wish.c.confirmed_value)
        .join(shop, shop.c.id == wish.c.connection_id)
        .where(wish.c.field == STOCK, wish.c.confirmed_version == wish.c.desired_version)
    ).all()
    for start in range(0, len(rows), 500):
        part = {row.target: row for row in rows[start : start + 500]}
        offers = {one.listing_id: one for one in offers_by_id(database, list(part))}
        for listing_id, number in quantities(database, list(offers.values())).items():
            row = part[listing_id]
            if row.confirmed_value != str(number):
                name = f"{row.code} {offers[listing_id].external_id}"
                yield f"{name}: confirmed {row.confirmed_value}, to show {number}"


def _off(entry: Subquery) -> Select[Any]:
    units = func.sum(entry.c.units)
    return (
        select(entry.c.stock_item_id, entry.c.location_id, units.label("off"))
        .group_by(entry.c.stock_item_id, entry.c.location_id)
        .having(units != 0)
    )


def _still_given() -> ColumnElement[int]:
    return _given.c.allocated - _given.c.released - _given.c.shipped


def _sum(
    table: FromClause,
    key: Numbers,
    units: Numbers,
    *where: ColumnElement[bool],
) -> Subquery:
    total = func.sum(units).label("units")
    return select(key.label("key"), total).select_from(table).where(*where).group_by(key).subquery()


def _differences(database: Connection, kept: Numbers, counted: Subquery) -> Iterator[str]:
    units = func.coalesce(counted.c.units, 0)
    rows = database.execute(
        select(_promise.c.stock_item_id.label("name"), kept.label("kept"), units.label("counted"))
        .outerjoin(counted, counted.c.key == _promise.c.stock_item_id)
        .where(kept != units)
    )
    return map(_sentence, rows.all())


def _line_differences(database: Connection, kept: Numbers, counted: Subquery) -> Iterator[str]:
    order, units = tables.sales_order, func.coalesce(counted.c.units, 0)
    name = (order.c.number + literal(" ") + _line.c.sku).label("name")
    rows = database.execute(
        select(name, kept.label("kept"), units.label("counted"))
        .select_from(_line.join(order, order.c.id == _line.c.order_id))
        .outerjoin(counted, counted.c.key == _line.c.id)
        .where(kept != units)
    )
    return map(_sentence, rows.all())


def _sentence(row: Row) -> str:
    return f"{row.name}: {row.kept} kept, {row.counted} counted"
