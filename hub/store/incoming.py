"""Dated supply: units that somebody has promised to bring, and what has come of it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.domain.availability import Supply
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_incoming = tables.incoming


def expect(
    unit: Unit, item: str, location_id: str, quantity: int, expected_at: datetime, source: str,
    confidence: int = 100,
) -> None:  # fmt: skip
    """Say that units will come; the same source and item again changes what was said of them."""
    told = {
        "location_id": location_id, "quantity": quantity, "expected_at": expected_at,
        "confidence": confidence, "closed_at": None,
    }  # fmt: skip
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_incoming)
    unit.execute(
        insert.values(id=new_id(), stock_item_id=item, source=source, **told).on_conflict_do_update(
            index_elements=["source", "stock_item_id"], set_=told
        )
    )


def received(unit: Unit, source: str, item: str, quantity: int) -> None:
    """Count units that came, of a source; what has come in full is no longer waited for."""
    came = _incoming.c.received + quantity
    unit.changed(
        update(_incoming)
        .where(_incoming.c.source == source, _incoming.c.stock_item_id == item)
        .values(received=came)
    )
    unit.changed(
        update(_incoming)
        .where(_incoming.c.source == source, _incoming.c.stock_item_id == item,
               _incoming.c.closed_at.is_(None), _incoming.c.received >= _incoming.c.quantity)
        .values(closed_at=unit.now)
    )  # fmt: skip


def no_longer_expected(unit: Unit, source: str, item: str | None = None) -> int:
    """Wait for nothing more of a source (or of one item of it); gives how many rows that closed."""
    which = [_incoming.c.stock_item_id == item] if item else []
    return unit.changed(
        update(_incoming)
        .where(_incoming.c.source == source, _incoming.c.closed_at.is_(None), *which)
        .values(closed_at=unit.now)
    )


def supply_of(database: Connection, items: Collection[str]) -> dict[str, list[Supply]]:
    """Give what is still to come of each of these items, the earliest first."""
    rows = database.execute(
        select(_incoming)
        .where(_incoming.c.stock_item_id.in_(items), _incoming.c.closed_at.is_(None),
               _incoming.c.quantity > _incoming.c.received)
        .order_by(_incoming.c.expected_at, _incoming.c.id)
    )  # fmt: skip
    found: dict[str, list[Supply]] = {}
    for row in rows:
        supply = Supply(row.expected_at, row.quantity - row.received, row.confidence)
        found.setdefault(row.stock_item_id, []).append(supply)
    return found
