"""Cursors: where each pull stands, written in the commit of the page before it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.store import tables
from hub.store.lander import instant_text, land
from hub.store.unit_of_work import Unit

ORDERS = "orders"
PRODUCTS = "products"


@dataclass(frozen=True)
class Cursor:
    """A stream's position, since when it has been complete, and when it was last walked."""

    position: str
    complete_at: datetime | None
    updated_at: datetime


def get_cursor(connection: Connection, connection_id: str, stream: str) -> Cursor | None:
    """Read where a stream stands; None before its first page."""
    rows = tables.cursor
    row = connection.execute(
        select(rows).where(rows.c.connection_id == connection_id, rows.c.stream == stream)
    ).one_or_none()
    return None if row is None else Cursor(row.position, row.complete_at, row.updated_at)


def set_cursor(unit: Unit, connection_id: str, stream: str, position: str, complete: bool) -> None:
    """Move a stream's position; `complete` says that the walk has reached the present."""
    columns = ("connection_id", "stream", "position", "complete_at", "updated_at")
    now = instant_text(unit.now)
    keep = () if complete else ("complete_at",)
    row = (connection_id, stream, position, now if complete else None, now)
    land(unit, tables.cursor, columns, [row], keep=keep)


def forget_cursor(unit: Unit, connection_id: str, stream: str) -> None:
    """Let the next pull of a stream start from the beginning."""
    rows = tables.cursor
    unit.execute(
        rows.delete().where(rows.c.connection_id == connection_id, rows.c.stream == stream)
    )
