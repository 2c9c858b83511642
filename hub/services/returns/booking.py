"""Booking what arrives: the receipt, the movement into quality control, what was wrong with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hub.records.returns import Reception
from hub.records.stock import Bucket, MovementKind
from hub.records.ticket import ExceptionKind
from hub.services.returns.rows import ReturnRefusedError, StoredReturn, tell
from hub.services.stock.publish import stock_moved
from hub.services.tickets.exceptions import open_exception
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_return = tables.sales_return
_line = tables.return_line
_receipt = tables.return_receipt

NOT_COME = (Reception.SHORT, Reception.LOST)

OPENS = {
    Reception.SHORT: ExceptionKind.RETURN_SHORT,
    Reception.LOST: ExceptionKind.RETURN_LOST,
    Reception.WRONG_ITEM: ExceptionKind.RETURN_WRONG_ITEM,
    Reception.DAMAGED_IN_TRANSIT: ExceptionKind.RETURN_DAMAGED,
    Reception.UNEXPECTED: ExceptionKind.RETURN_UNEXPECTED,
}
"""What is wrong with a reception opens an operational exception about the return."""


@dataclass(frozen=True)
class Arrival:
    """Units of a SKU, and how they came. Of a wrong item, the SKU is what lay in the parcel."""

    sku: str
    units: int
    reception: Reception = Reception.AS_EXPECTED


@dataclass(frozen=True)
class Reported:
    """Who received what, where; the command makes a repeat change nothing."""

    command_id: str
    by: str
    location_id: str
    note: str = ""


def book(
    unit: Unit, stored: StoredReturn, line: Any, units: int, reception: Reception,
    report: Reported,
) -> None:  # fmt: skip
    """Write the receipt; what came lies in quality control, where nobody sells it."""
    receipt_id, came = new_id(), reception not in NOT_COME
    unit.execute(
        _receipt.insert().values(
            id=receipt_id, command_id=report.command_id, return_line_id=line.id, quantity=units,
            location_id=report.location_id if came else None, reception=reception.value,
            by=report.by, note=report.note, at=unit.now,
        )
    )  # fmt: skip
    if came and line.stock_item_id is not None and _is_counted(unit, line.stock_item_id):
        ledger.move(
            unit, line.stock_item_id, units, ledger.CUSTOMER,
            ledger.account(report.location_id, Bucket.QUALITY_CONTROL),
            MovementKind.RETURN_RECEIVE, f"return_receipt:{receipt_id}", stored.row.number,
        )  # fmt: skip
        stock_moved(unit, [line.stock_item_id])
    told = f"{units} of {line.sku or line.title}: {reception.replace('_', ' ')}"
    tell(unit, stored.id, told, report.by)
    if reception in OPENS:
        sentence = f"{stored.row.number}: {told}"
        open_exception(unit, OPENS[reception], stored.id, sentence, stored.row.order_id)


def _is_counted(unit: Unit, item: str) -> bool:
    promise = tables.stock_promise
    query = select(promise.c.tracked).where(promise.c.stock_item_id == item)
    return bool(unit.execute(query).scalar_one())


def carried_out(unit: Unit, command_id: str) -> str | None:
    """Give the number of the return that this command was about, if it was carried out."""
    number = unit.execute(
        select(_return.c.number)
        .join(_line, _line.c.return_id == _return.c.id)
        .join(_receipt, _receipt.c.return_line_id == _line.c.id)
        .where(_receipt.c.command_id == command_id)
    ).scalars()  # fmt: skip
    return number.first()


def place_called(unit: Unit, code: str) -> str | None:
    """Give the location with this code, None without one; raises `ReturnRefusedError`."""
    if not code:
        return None
    place = tables.location
    found = unit.execute(select(place.c.id).where(place.c.code == code)).scalar()
    if found is None:
        raise ReturnRefusedError(f"there is no location {code}; `hub locations list`")
    return str(found)
