"""The stockroom: what people do to units by hand, and which listing sells which variant."""

from collections.abc import Iterable

from sqlalchemy import select

from hub.records.events import EventKind
from hub.records.stock import Bucket, MovementKind
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.stock.shortfalls import watch_levels
from hub.store import ledger, tables
from hub.store.ledger import account
from hub.store.stock_names import (
    default_location,
    item_of,
    location_of,
    receiving_location_of,
)
from hub.store.unit_of_work import Unit


def units_moved(unit: Unit, items: Iterable[str]) -> None:
    """Say that units of these items came, went or changed: channels show it, orders go on."""
    moved = set(items)
    stock_moved(unit, moved)
    watch_levels(unit, moved)
    for item in sorted(moved):
        unit.record(EventKind.STOCK_CHANGED, item)


def adjust_stock(
    hub: Hub, sku: str, delta: int, reason: str, command_id: str, location: str | None = None
) -> bool:
    """Add or remove units by hand, once per command; every channel is to show it.

    Raises `UnknownItemError`, or `StockConflictError` when parcels already hold those units.
    """
    with hub.store.unit_of_work() as unit:
        item, place = item_of(unit.connection, sku), _place(unit, location)
        moved = ledger.adjust(unit, item, place, delta, command_id, reason)
        if moved and delta > 0:
            units_moved(unit, [item])
        elif moved:
            stock_moved(unit, [item])
        return moved


def receive_stock(
    hub: Hub, sku: str, quantity: int, reason: str, command_id: str, location: str | None = None,
    bucket: Bucket | None = None,
) -> bool:  # fmt: skip
    """Book units that a supplier brought, once per command; into a bucket where they are not good.

    Raises `UnknownItemError`.
    """
    with hub.store.unit_of_work() as unit:
        database = unit.connection
        place = receiving_location_of(database, location) if location else _place(unit, None)
        item, here = item_of(database, sku), account(place, bucket)
        moved = ledger.move(
            unit, item, quantity, ledger.SUPPLIER, here, MovementKind.RECEIVE, command_id, reason
        )
        if moved:
            units_moved(unit, [item])
        return moved


def change_bucket(
    hub: Hub, sku: str, quantity: int, source: Bucket | None, target: Bucket | None, reason: str,
    command_id: str, location: str | None = None,
) -> bool:  # fmt: skip
    """Move units at a location from good (None) or a bucket to another, once per command.

    Raises `UnknownItemError`, or `StockConflictError` when the source has too few free.
    """
    with hub.store.unit_of_work() as unit:
        item, place = item_of(unit.connection, sku), _place(unit, location)
        kind = MovementKind.BUCKET_CHANGE
        moved = ledger.move(
            unit, item, quantity, account(place, source), account(place, target), kind,
            command_id, reason,
        )  # fmt: skip
        if moved:
            units_moved(unit, [item])
        return moved


def scrap_stock(
    hub: Hub, sku: str, quantity: int, source: Bucket | None, reason: str, command_id: str,
    location: str | None = None,
) -> bool:  # fmt: skip
    """Throw units away, once per command. Raises as `change_bucket`."""
    with hub.store.unit_of_work() as unit:
        item, place = item_of(unit.connection, sku), _place(unit, location)
        here = account(place, source)
        moved = ledger.move(
            unit, item, quantity, here, ledger.SCRAP, MovementKind.SCRAP, command_id, reason
        )
        if moved:
            stock_moved(unit, [item])
        return moved


BY_HAND = (
    MovementKind.RECEIVE.value, MovementKind.ADJUST.value, MovementKind.COUNT.value,
    MovementKind.BUCKET_CHANGE.value, MovementKind.SCRAP.value,
)  # fmt: skip
"""Movements a person may take back alone; the others have a parcel, a transfer or a kit to mind."""


def movement_by_hand(hub: Hub, movement_id: str) -> str | None:
    """Describe a movement that a person may take back; None where there is no such one."""
    moves = tables.stock_movement
    with hub.store.reading() as database:
        row = database.execute(
            select(moves).where(moves.c.id == movement_id, moves.c.kind.in_(BY_HAND))
        ).one_or_none()
    return None if row is None else f"{row.kind} of {row.quantity} units ({row.reason})"


def reverse_movement(hub: Hub, movement_id: str, reason: str) -> bool:
    """Take a movement made by hand back, once. Raises `StockConflictError` when parcels have it."""
    moves = tables.stock_movement
    with hub.store.unit_of_work() as unit:
        done = ledger.reverse(unit, movement_id, f"reverse:{movement_id}", reason)
        query = select(moves.c.stock_item_id).where(moves.c.id == movement_id)
        if done:
            units_moved(unit, [str(unit.execute(query).scalar_one())])
        return done


def _place(unit: Unit, code: str | None) -> str:
    return location_of(unit.connection, code) if code else default_location(unit.connection)
