"""Transfers: units leave one location, are on their way, and arrive at another, or do not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from hub.records.stock import MovementKind
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.stock.stockroom import units_moved
from hub.services.tickets.exceptions import open_exception
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.incoming import expect, no_longer_expected, received
from hub.store.ledger import account, transit
from hub.store.numbers import next_number
from hub.store.stock_names import (
    StockRefusedError,
    UnknownItemError,
    items_of,
    location_of,
    receiving_location_of,
    skus_of,
)
from hub.store.unit_of_work import Unit

_transfer = tables.transfer
_line = tables.transfer_line


def send_transfer(
    hub: Hub, source: str, target: str, units: Mapping[str, int], expected_at: datetime,
    note: str = "",
) -> str:  # fmt: skip
    """Let units (by SKU) leave a location for another; gives the transfer's number.

    On their way they are for sale nowhere, and expected there. Raises `UnknownItemError`, or
    `StockConflictError` where parcels hold them.
    """
    with hub.store.unit_of_work() as unit:
        database = unit.connection
        here, there = location_of(database, source), receiving_location_of(database, target)
        if here == there:
            raise StockRefusedError("a transfer goes from one location to another")
        items = items_of(database, units)
        transfer_id, number = new_id(), f"T-{next_number(unit, 'transfer')}"
        unit.execute(
            _transfer.insert().values(
                id=transfer_id, number=number, from_location_id=here, to_location_id=there,
                note=note, expected_at=expected_at, sent_at=unit.now,
            )
        )  # fmt: skip
        for sku, item in sorted(items.items(), key=lambda one: one[1]):
            unit.execute(
                _line.insert().values(transfer_id=transfer_id, stock_item_id=item, sent=units[sku])
            )
            ledger.move(
                unit, item, units[sku], account(here), transit(transfer_id),
                MovementKind.TRANSFER_OUT, f"{number}:out:{item}", note,
            )  # fmt: skip
            expect(unit, item, there, units[sku], expected_at, f"transfer:{transfer_id}")
        stock_moved(unit, items.values())
    return number


def receive_transfer(
    hub: Hub, number: str, units: Mapping[str, int], command_id: str, close: bool = False
) -> bool:
    """Book units (by SKU) of a transfer that arrived, once per command; False when it was before.

    `close` says that nothing more comes: what is missing is written off, and a person looks for
    it. Raises `UnknownItemError`, or `StockConflictError` where more arrives than is on its way.
    """
    with hub.store.unit_of_work() as unit:
        row = _open_transfer(unit, number)
        items = items_of(unit.connection, units)
        lines = {line.stock_item_id: line for line in _lines(unit, row.id)}
        if strange := [sku for sku, item in items.items() if item not in lines]:
            raise StockRefusedError(f"{number} carries no {', '.join(sorted(strange))}")
        booked = [
            _arrive(unit, row, item, units[sku], command_id)
            for sku, item in sorted(items.items(), key=lambda one: one[1])
        ]
        if items and not any(booked):
            return False
        missing = _write_off(unit, row) if close else {}
        _close_if_done(unit, row)
        units_moved(unit, {*items.values(), *missing})
    return True


def _open_transfer(unit: Unit, number: str) -> Any:
    row = unit.execute(
        select(_transfer).where(_transfer.c.number == number).with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownItemError(f"there is no transfer {number}; `hub transfers list` shows them")
    if row.closed_at is not None:
        raise StockRefusedError(f"{number} is closed")
    return row


def _lines(unit: Unit, transfer_id: str) -> list[Any]:
    query = select(_line).where(_line.c.transfer_id == transfer_id)
    return list(unit.execute(query.order_by(_line.c.stock_item_id)))


def _arrive(unit: Unit, row: Any, item: str, quantity: int, command_id: str) -> bool:
    moved = ledger.move(
        unit, item, quantity, transit(row.id), account(row.to_location_id),
        MovementKind.TRANSFER_IN, f"{row.number}:in:{command_id}:{item}",
    )  # fmt: skip
    if moved:
        _count(unit, row.id, item, received=quantity)
        received(unit, f"transfer:{row.id}", item, quantity)
    return moved


def _write_off(unit: Unit, row: Any) -> dict[str, int]:
    """Book what never arrived as lost, and let a person look for it; gives the units."""
    missing = {
        line.stock_item_id: units
        for line in _lines(unit, row.id)
        if (units := line.sent - line.received - line.missing) > 0
    }
    for item, units in missing.items():
        ledger.move(
            unit, item, units, transit(row.id), ledger.ADJUSTMENT, MovementKind.ADJUST,
            f"{row.number}:lost:{item}", f"did not arrive with {row.number}",
        )  # fmt: skip
        _count(unit, row.id, item, missing=units)
        no_longer_expected(unit, f"transfer:{row.id}", item)
    if missing:
        skus = skus_of(unit.connection, missing)
        what = ", ".join(f"{units} {skus.get(item, item)}" for item, units in missing.items())
        sentence = f"{what} of {row.number} did not arrive"
        open_exception(unit, ExceptionKind.TRANSFER_SHORT, row.id, sentence)
    return missing


def _count(unit: Unit, transfer_id: str, item: str, **deltas: int) -> None:
    unit.execute(
        update(_line)
        .where(_line.c.transfer_id == transfer_id, _line.c.stock_item_id == item)
        .values({name: _line.c[name] + delta for name, delta in deltas.items()})
    )


def _close_if_done(unit: Unit, row: Any) -> None:
    if all(line.sent == line.received + line.missing for line in _lines(unit, row.id)):
        unit.execute(update(_transfer).where(_transfer.c.id == row.id).values(closed_at=unit.now))
