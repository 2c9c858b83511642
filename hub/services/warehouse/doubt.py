"""Doubt: a shelf on which a picker did not find what the books say, until it is counted."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from hub.records.stock import Bucket, MovementKind
from hub.records.ticket import ExceptionKind, Severity
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import ledger, tables
from hub.store.unit_of_work import Unit

_exception, _moves = tables.operational_exception, tables.stock_movement
SHORT = "short:"
"""Begins the command of every movement of units that were not found."""


def subject(stock_item_id: str, location_id: str) -> str:
    """Name what is in doubt: an item at a location."""
    return f"{stock_item_id}@{location_id}"


def doubt(
    unit: Unit, item: str, location_id: str, units: int, command: str, sentence: str, order_id: str
) -> None:
    """Set units aside that were not found; a person is to count what is there.

    Of a shelf that has fewer in the books than its orders hold, only what the books have.
    """
    promise, level = tables.stock_promise, tables.stock_level
    free = unit.execute(
        select(level.c.on_hand - level.c.unsellable - level.c.allocated)
        .join(promise, promise.c.stock_item_id == level.c.stock_item_id)
        .where(level.c.stock_item_id == item, level.c.location_id == location_id,
               promise.c.tracked)
    ).scalar()  # fmt: skip
    if (units := min(units, free or 0)) > 0:
        ledger.move(
            unit, item, units, ledger.account(location_id),
            ledger.account(location_id, Bucket.HELD), MovementKind.BUCKET_CHANGE,
            f"{SHORT}{command}", sentence,
        )  # fmt: skip
    open_exception(
        unit, ExceptionKind.PICK_SHORT, subject(item, location_id), sentence, order_id,
        Severity.MINOR,
    )  # fmt: skip


def in_doubt_since(unit: Unit, item: str, location_id: str) -> datetime | None:
    """Give since when an item at a location is in doubt; None where it is not."""
    return unit.execute(
        select(_exception.c.opened_at).where(
            _exception.c.kind == ExceptionKind.PICK_SHORT.value,
            _exception.c.subject_id == subject(item, location_id),
            _exception.c.closed_at.is_(None),
        )
    ).scalar()


def settle_doubt(unit: Unit, item: str, location_id: str, note: str) -> bool:
    """Somebody counted: what was set aside as missing is gone from the books.

    The count says what is there; units that were found again are part of it. False where nothing
    was in doubt.
    """
    opened = in_doubt_since(unit, item, location_id)
    if opened is None:
        return False
    aside = ledger.account(location_id, Bucket.HELD)
    missing = unit.execute(
        select(func.coalesce(func.sum(_moves.c.quantity), 0)).where(
            _moves.c.stock_item_id == item, _moves.c.to_account == aside,
            _moves.c.command_id.startswith(SHORT), _moves.c.at >= opened,
        )
    ).scalar_one()  # fmt: skip
    gone = min(int(missing), ledger.balance(unit, item, aside))
    if gone:
        command = f"found:{item}:{location_id}:{unit.now.isoformat()}"
        ledger.move(unit, item, gone, aside, ledger.ADJUSTMENT, MovementKind.COUNT, command, note)
    close_exception(unit, ExceptionKind.PICK_SHORT, subject(item, location_id), note)
    return True


def doubtful(unit: Unit, items: Iterable[str]) -> set[tuple[str, str]]:
    """Give the (item, location) of these items that are in doubt."""
    wanted = set(items)
    rows = unit.execute(
        select(_exception.c.subject_id).where(
            _exception.c.kind == ExceptionKind.PICK_SHORT.value, _exception.c.closed_at.is_(None)
        )
    ).scalars()
    pairs = (tuple(row.split("@", 1)) for row in rows)
    return {(item, place) for item, place in pairs if item in wanted}
