"""What must hold between the two ledgers of stock and the numbers kept beside them."""

from collections.abc import Iterator

from sqlalchemy import Connection, Row, Subquery, func, literal, select, union_all

from hub.records.catalogue import ListingState, Tracking
from hub.store import tables
from hub.store.desired import STOCK

_moved = tables.stock_movement
_level = tables.stock_level
_promise = tables.stock_promise
_held = tables.reservation
_given = tables.allocation
_line = tables.order_line

PLACE = "location:"


def levels_equal_the_ledger(database: Connection) -> Iterator[str]:
    """On hand at a location is what moved in less what moved out."""
    entry = union_all(
        select(_moved.c.stock_item_id, _moved.c.to_account.label("account"),
               _moved.c.quantity.label("units")),
        select(_moved.c.stock_item_id, _moved.c.from_account, -_moved.c.quantity),
        select(_level.c.stock_item_id, literal(PLACE) + _level.c.location_id, -_level.c.on_hand),
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
    """What may be sold of an item is what is on hand over all locations."""
    on_hand = _sum(_level, _level.c.stock_item_id, _level.c.on_hand)
    return _differences(database, _promise.c.sellable, on_hand)


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
    rows = database.execute(
        select(entry.c.stock_item_id, entry.c.location_id, func.sum(entry.c.units).label("off"))
        .group_by(entry.c.stock_item_id, entry.c.location_id)
        .having(func.sum(entry.c.units) != 0)
    )
    for row in rows:
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
    wish, listing, variant, shop = (
        tables.desired, tables.listing, tables.variant, tables.connection,
    )  # fmt: skip
    rows = database.execute(
        select(shop.c.code, listing.c.external_id, wish.c.confirmed_value, _promise)
        .select_from(wish)
        .join(listing, listing.c.id == wish.c.target)
        .join(shop, shop.c.id == wish.c.connection_id)
        .join(variant, variant.c.id == listing.c.variant_id)
        .join(_promise, _promise.c.stock_item_id == variant.c.stock_item_id)
        .where(wish.c.field == STOCK, wish.c.confirmed_version == wish.c.desired_version,
               listing.c.tracking == Tracking.COUNTED.value,
               listing.c.state != ListingState.ENDED.value)
    )  # fmt: skip
    for row in rows:
        free = max(0, row.sellable - row.reserved - row.allocated)
        if row.confirmed_value != str(free):
            yield f"{row.code} {row.external_id}: confirmed {row.confirmed_value}, free {free}"


def _still_given():  # type: ignore[no-untyped-def]
    return _given.c.allocated - _given.c.released - _given.c.shipped


def _sum(table, key, units, *where) -> Subquery:  # type: ignore[no-untyped-def]
    total = func.sum(units).label("units")
    return select(key.label("key"), total).select_from(table).where(*where).group_by(key).subquery()


def _differences(database: Connection, kept, counted: Subquery) -> Iterator[str]:  # type: ignore[no-untyped-def]
    units = func.coalesce(counted.c.units, 0)
    rows = database.execute(
        select(_promise.c.stock_item_id.label("name"), kept.label("kept"), units.label("counted"))
        .outerjoin(counted, counted.c.key == _promise.c.stock_item_id)
        .where(kept != units)
    )
    return map(_sentence, rows.all())


def _line_differences(database: Connection, kept, counted: Subquery) -> Iterator[str]:  # type: ignore[no-untyped-def]
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
