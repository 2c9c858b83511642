"""Disposition: graded units go to a bucket, to the shelf, away, or back. Nothing else restocks."""

from typing import Any

from sqlalchemy import select, update

from hub.domain.returns_policy import disposition_for
from hub.records.events import EventKind
from hub.records.returns import Disposition, Grade, Resolution, ReturnReason
from hub.records.stock import Bucket, MovementKind
from hub.services.context import Hub
from hub.services.returns.money import Units, settle
from hub.services.returns.rows import (
    ReturnRefusedError,
    StoredReturn,
    lines_named,
    lock_return,
    policy_of,
    refresh_state,
    set_line,
    set_order_line,
    tell,
)
from hub.services.stock.publish import stock_moved
from hub.store import ledger, tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_line = tables.return_line
_grading = tables.return_grading

BUCKETS = {
    Disposition.RESTOCK: None,
    Disposition.RESTOCK_B_GRADE: Bucket.B_GRADE,
    Disposition.QUARANTINE: Bucket.QUARANTINE,
    Disposition.REPAIR: Bucket.HELD,
    Disposition.RETURN_TO_VENDOR: Bucket.HELD,
}
"""Where units stay in the building; None: on the shelf, good."""

AWAY = {
    Disposition.SCRAP: (ledger.SCRAP, MovementKind.SCRAP),
    Disposition.RETURN_TO_CUSTOMER: (ledger.CUSTOMER, MovementKind.SHIP),
}
"""Where units go that leave it."""

WITHOUT_LEAVE = frozenset(AWAY)
"""What may become of goods that nobody authorised: they leave again."""


def dispose(
    hub: Hub, number: str, sku: str, units: int, by: str,
    disposition: Disposition | None = None, why: str = "",
) -> None:  # fmt: skip
    """Say what becomes of graded units, by default what the policy says.

    `customer_keeps` is for units that need not be sent at all: they are paid for as if they had
    come. Raises `ReturnRefusedError`.
    """
    with hub.store.unit_of_work() as unit:
        stored = lock_return(unit, number)
        if disposition == Disposition.CUSTOMER_KEEPS:
            _let_keep(unit, stored, sku, units, by)
        else:
            _dispose(unit, stored, sku, units, disposition, why, by)
        refresh_state(unit, stored.id)


def _dispose(
    unit: Unit, stored: StoredReturn, sku: str, units: int, disposition: Disposition | None,
    why: str, by: str,
) -> None:  # fmt: skip
    rules, rest = policy_of(unit.connection).rules, units
    for line in lines_named(stored, sku):
        for grading in _open_gradings(unit, line.id):
            part = min(rest, grading.quantity - grading.disposed)
            if part <= 0:
                continue
            suggested = disposition_for(rules, Grade(grading.grade), ReturnReason(line.reason))
            chosen = disposition or suggested
            dispose_in(unit, stored, grading, chosen, suggested, part, why, by)
            rest -= part
    if rest or units <= 0:
        raise ReturnRefusedError(f"of {sku} not {units} are graded and still here")


def _open_gradings(unit: Unit, line_id: str) -> list[Any]:
    query = select(_grading).where(
        _grading.c.return_line_id == line_id, _grading.c.disposed < _grading.c.quantity
    )
    return list(unit.execute(query.order_by(_grading.c.id)))


def dispose_in(
    unit: Unit, stored: StoredReturn, grading: Any, disposition: Disposition,
    suggested: Disposition, units: int, why: str, by: str,
) -> None:  # fmt: skip
    """Write a disposition and move its units, once, inside an open unit."""
    line = unit.execute(select(_line).where(_line.c.id == grading.return_line_id)).one()
    _may(stored, line, disposition, suggested, why)
    if not _take(unit, grading, units):
        raise ReturnRefusedError("these units went somewhere meanwhile")
    disposition_id = new_id()
    unit.execute(
        tables.return_disposition.insert().values(
            id=disposition_id, grading_id=grading.id, disposition=disposition.value,
            suggested=suggested.value, quantity=units, reason=why, by=by, at=unit.now,
        )
    )  # fmt: skip
    _move(unit, stored, line, grading, disposition, units, f"disposition:{disposition_id}")
    if disposition == Disposition.RETURN_TO_CUSTOMER:
        if not line.unexpected:
            set_order_line(unit, line.order_line_id, returned=-units)
        _pay_nothing(unit, line, grading.id, units)
    said = str(disposition).replace("_", " ")
    tell(unit, stored.id, f"{units} of {line.sku or line.title}: {said}", by)


def _pay_nothing(unit: Unit, line: Any, grading_id: str, units: int) -> None:
    """Deny the money of units that the customer gets back, unless it was decided before."""
    open_units = _grading.c.quantity - _grading.c.settled
    graded = unit.execute(select(open_units).where(_grading.c.id == grading_id)).scalar_one()
    unowed = units if line.unexpected else line.authorised - line.settled
    denied = min(units, int(graded), unowed)
    if denied > 0:
        rows = update(_grading).where(_grading.c.id == grading_id)
        unit.execute(rows.values(settled=_grading.c.settled + denied))
        owed = 0 if line.unexpected else denied
        set_line(unit, line.id, settled=owed, denied=owed)


def _take(unit: Unit, grading: Any, units: int) -> bool:
    """Count units as gone somewhere, once, whoever says so at the same time."""
    taken = unit.changed(
        update(_grading)
        .where(_grading.c.id == grading.id, _grading.c.disposed + units <= _grading.c.quantity)
        .values(disposed=_grading.c.disposed + units)
    )
    fits = _line.c.disposed + units <= _line.c.graded
    return bool(taken) and set_line(unit, grading.return_line_id, fits, disposed=units)


def _may(
    stored: StoredReturn, line: Any, disposition: Disposition, suggested: Disposition, why: str
) -> None:
    if disposition == Disposition.CUSTOMER_KEEPS:
        raise ReturnRefusedError("what was graded is here: the customer does not keep it")
    unasked = stored.row.order_id is None or line.unexpected
    if unasked and disposition not in WITHOUT_LEAVE:
        raise ReturnRefusedError(
            f"nobody knows yet whose it is: match or approve {stored.row.number} first"
        )
    if disposition != suggested and not why:
        raise ReturnRefusedError(f"the policy says {suggested}: say why it is {disposition}")


def _move(
    unit: Unit, stored: StoredReturn, line: Any, grading: Any, disposition: Disposition,
    units: int, command: str,
) -> None:  # fmt: skip
    item, promise = line.stock_item_id, tables.stock_promise
    counted = select(promise.c.tracked).where(promise.c.stock_item_id == item)
    if item is None or not unit.execute(counted).scalar_one():
        return
    here = ledger.account(grading.location_id, Bucket.QUALITY_CONTROL)
    if disposition in AWAY:
        target, kind = AWAY[disposition]
    else:
        bucket = BUCKETS[disposition]
        target, kind = ledger.account(grading.location_id, bucket), MovementKind.BUCKET_CHANGE
    ledger.move(unit, item, units, here, target, kind, command, stored.row.number)
    stock_moved(unit, [item])
    if disposition == Disposition.RESTOCK:
        unit.record(EventKind.STOCK_CHANGED, item)


def _let_keep(unit: Unit, stored: StoredReturn, sku: str, units: int, by: str) -> None:
    """Wait no more for units: the customer keeps them, and is paid as for grade A."""
    rest = units
    for line in lines_named(stored, sku):
        part = min(rest, stored.goods(line).outstanding)
        if part <= 0:
            continue
        set_order_line(unit, line.order_line_id, coming_back=-part)
        set_line(unit, line.id, missing=part, kept=part)
        tell(unit, stored.id, f"{part} of {line.sku}: the customer keeps them", by)
        owed = min(part, line.authorised - line.settled)
        if owed and line.resolution != Resolution.EXCHANGE.value:
            settle(unit, stored.id, by, [Units(line.id, Grade.A, owed)])
        rest -= part
    if rest or units <= 0:
        raise ReturnRefusedError(f"not {units} of {sku} are waited for")
