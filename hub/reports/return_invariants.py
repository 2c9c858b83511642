"""What must hold between returns, their order lines, the stock they moved and their money."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, select

from hub.store import tables

_line = tables.return_line
_ordered = tables.order_line
_receipt = tables.return_receipt
_grading = tables.return_grading
_disposition = tables.return_disposition
_money = tables.return_refund
_NOT_COME = ("short", "lost")


def order_lines_know_what_came_back(database: Connection) -> Iterator[str]:
    """Units returned of an order line are those its returns received, less those sent back."""
    came = _sum(_line.c.order_line_id, _line.c.received - _line.c.unexpected)
    back = (
        select(_line.c.order_line_id.label("key"), func.sum(_disposition.c.quantity).label("units"))
        .join(_grading, _grading.c.return_line_id == _line.c.id)
        .join(_disposition, _disposition.c.grading_id == _grading.c.id)
        .where(_disposition.c.disposition == "return_to_customer", _line.c.unexpected == 0)
        .group_by(_line.c.order_line_id)
        .subquery()
    )
    counted = func.coalesce(came.c.units, 0) - func.coalesce(back.c.units, 0)
    rows = database.execute(
        select(_ordered.c.id, _ordered.c.sku, _ordered.c.returned, counted.label("counted"))
        .outerjoin(came, came.c.key == _ordered.c.id)
        .outerjoin(back, back.c.key == _ordered.c.id)
        .where(_ordered.c.returned != counted)
    )
    for row in rows:
        yield f"{row.sku} ({row.id}): {row.returned} kept, {row.counted} counted"


def order_lines_know_what_is_coming(database: Connection) -> Iterator[str]:
    """Units on their way back of an order line are those that its returns still wait for."""
    due = _sum(
        _line.c.order_line_id,
        _line.c.authorised + _line.c.unexpected - _line.c.received - _line.c.missing,
    )
    counted = func.coalesce(due.c.units, 0)
    rows = database.execute(
        select(_ordered.c.id, _ordered.c.sku, _ordered.c.coming_back, counted.label("counted"))
        .outerjoin(due, due.c.key == _ordered.c.id)
        .where(_ordered.c.coming_back != counted)
    )
    for row in rows:
        yield f"{row.sku} ({row.id}): {row.coming_back} kept, {row.counted} counted"


def return_lines_are_the_sum_of_their_rows(database: Connection) -> Iterator[str]:
    """What a return line counts is what was received, graded and put somewhere, row by row."""
    here = case((_receipt.c.reception.in_(_NOT_COME), 0), else_=_receipt.c.quantity)
    received = _by_line(select(_receipt.c.return_line_id.label("key"), here.label("n")).subquery())
    graded = _by_line(
        select(_grading.c.return_line_id.label("key"), _grading.c.quantity.label("n")).subquery()
    )
    gone = _by_line(
        select(_grading.c.return_line_id.label("key"), _disposition.c.quantity.label("n"))
        .join(_disposition, _disposition.c.grading_id == _grading.c.id)
        .subquery()
    )
    counted = [func.coalesce(part.c.units, 0) for part in (received, graded, gone)]
    kept = [_line.c.received, _line.c.graded, _line.c.disposed]
    rows = database.execute(
        select(_line.c.id, _line.c.sku)
        .outerjoin(received, received.c.key == _line.c.id)
        .outerjoin(graded, graded.c.key == _line.c.id)
        .outerjoin(gone, gone.c.key == _line.c.id)
        .where(~and_(*(one == other for one, other in zip(kept, counted, strict=True))))
    )
    for row in rows:
        yield f"{row.sku} ({row.id}): its receipts, gradings or dispositions say otherwise"


def every_disposition_moved_its_units_once(database: Connection) -> Iterator[str]:
    """Each disposition of counted goods is one movement of as many units."""
    moves, promise = tables.stock_movement, tables.stock_promise
    rows = database.execute(
        select(_disposition.c.id, _disposition.c.quantity, moves.c.quantity.label("moved"))
        .join(_grading, _grading.c.id == _disposition.c.grading_id)
        .join(_line, _line.c.id == _grading.c.return_line_id)
        .join(promise, and_(promise.c.stock_item_id == _line.c.stock_item_id, promise.c.tracked))
        .outerjoin(moves, moves.c.command_id == "disposition:" + _disposition.c.id)
        .where(func.coalesce(moves.c.quantity, 0) != _disposition.c.quantity)
    )
    for row in rows:
        yield f"disposition {row.id}: {row.quantity} units, {row.moved or 0} moved"


def returns_pay_what_they_decided(database: Connection) -> Iterator[str]:
    """The refund that a return asked for is of the amount that was decided."""
    refund = tables.refund
    rows = database.execute(
        select(_money.c.id, _money.c.amount_minor, refund.c.amount_minor.label("asked"))
        .join(refund, refund.c.id == _money.c.id)
        .where(refund.c.amount_minor != _money.c.amount_minor)
    )
    for row in rows:
        yield f"payment {row.id}: {row.amount_minor} decided, {row.asked} asked for"


def _sum(key: ColumnElement[str | None], units: ColumnElement[int]) -> Subquery:
    total = func.sum(units).label("units")
    return select(key.label("key"), total).where(key.is_not(None)).group_by(key).subquery()


def _by_line(part: Subquery) -> Subquery:
    return select(part.c.key, func.sum(part.c.n).label("units")).group_by(part.c.key).subquery()
