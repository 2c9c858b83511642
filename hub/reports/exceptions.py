"""Operational exceptions as people read them, with their ticket and their order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, true

from hub.store import tables

_exception = tables.operational_exception
_ticket, _order = tables.ticket, tables.sales_order


@dataclass(frozen=True)
class ExceptionLine:
    """One thing that went wrong."""

    id: str
    kind: str
    severity: str
    state: str
    times: int
    ticket: str
    order: str
    opened_at: datetime
    closed_at: datetime | None
    sentence: str
    note: str


def list_exceptions(
    database: Connection, limit: int, everything: bool = False
) -> list[ExceptionLine]:
    """Give what went wrong and is not closed, the newest first; ignored ones only on request."""
    open_ones = _exception.c.closed_at.is_(None) & (_exception.c.state != "ignored")
    return _exceptions(database, true() if everything else open_ones, limit)


def find_exception(database: Connection, id: str) -> ExceptionLine | None:
    """Give one exception by its id, or by an unmistakable end of it."""
    found = _exceptions(database, _exception.c.id.endswith(id, autoescape=True), 2)
    return found[0] if len(found) == 1 else None


def exceptions_of(database: Connection, ticket_id: str) -> list[ExceptionLine]:
    """Give what stands on one ticket, closed or not."""
    return _exceptions(database, _exception.c.ticket_id == ticket_id, 100)


def _exceptions(database: Connection, which: Any, limit: int) -> list[ExceptionLine]:
    query = (
        select(_exception, _ticket.c.number.label("ticket"), _order.c.number.label("order_number"))
        .outerjoin(_ticket, _ticket.c.id == _exception.c.ticket_id)
        .outerjoin(_order, _order.c.id == _exception.c.order_id)
        .where(which)
        .order_by(_exception.c.opened_at.desc(), _exception.c.id.desc())
        .limit(limit)
    )
    return [
        ExceptionLine(
            row.id, row.kind, row.severity, row.state, row.times,
            f"T-{row.ticket}" if row.ticket else "", row.order_number or "", row.opened_at,
            row.closed_at, row.sentence, row.note,
        )
        for row in database.execute(query)
    ]  # fmt: skip
