"""What is to come, with its day: announced deliveries first, the rest by the promised day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from hub.domain.purchasing import ON_ORDER
from hub.records.ticket import ExceptionKind, Severity
from hub.services.purchasing.stored import counters, get_purchase
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import tables
from hub.store.incoming import expect, no_longer_expected
from hub.store.unit_of_work import Unit

_PREFIX = "po:"
_COMING = ("expected", "in_transit", "arrived", "receiving")
_LATE_AFTER = timedelta(days=1)
"""A promised day is over when it ends, wherever on earth the supplier counts it."""

_order = tables.purchase_order
_line = tables.purchase_line


@dataclass(frozen=True)
class _Arrival:
    source: str
    item: str
    units: int
    at: datetime
    confidence: int = 100


def tell_incoming(unit: Unit, order_id: str) -> None:
    """Say anew what an order brings and when: dated supply is what promises are made of."""
    order = get_purchase(unit.connection, order_id)
    if order.row.sent_at is None:
        return
    coming = {one.source: one for one in _arrivals(unit, order)} if order.state in ON_ORDER else {}
    for source in _sources(unit, order_id):
        if source not in coming:
            no_longer_expected(unit, source)
    for one in coming.values():
        expect(unit, one.item, order.row.location_id, one.units, one.at, one.source,
               one.confidence)  # fmt: skip


def _arrivals(unit: Unit, order: Any) -> Iterator[_Arrival]:
    announced = _announced(unit, order.id)
    usual = _usual(unit, order.row)
    for line in order.lines:
        rest = counters(line).outstanding
        for inbound_id, units, at in announced.get(line.id, ()):
            coming = min(units, rest)
            rest -= coming
            if coming:
                yield _Arrival(_source(line.id, inbound_id), line.stock_item_id, coming, at)
        if rest:
            at = order.row.expected_at or usual
            sure = _confidence(unit, line.supplier_item_id)
            yield _Arrival(_source(line.id), line.stock_item_id, rest, at, sure)


def _announced(unit: Unit, order_id: str) -> dict[str, list[tuple[str, int, datetime]]]:
    inbound, part = tables.inbound_shipment, tables.inbound_line
    rows: Any = unit.execute(
        select(part.c.purchase_line_id, inbound.c.id, part.c.announced - part.c.received,
               inbound.c.expected_at)
        .join(inbound, inbound.c.id == part.c.inbound_id)
        .where(inbound.c.purchase_order_id == order_id, inbound.c.state.in_(_COMING))
        .order_by(inbound.c.expected_at, inbound.c.id)
    )  # fmt: skip
    found: dict[str, list[tuple[str, int, datetime]]] = {}
    for line_id, inbound_id, units, at in rows:
        if units > 0:
            found.setdefault(line_id, []).append((inbound_id, units, at))
    return found


def _source(line_id: str, inbound_id: str = "") -> str:
    return f"{_PREFIX}{line_id}:{inbound_id}" if inbound_id else f"{_PREFIX}{line_id}"


def _sources(unit: Unit, order_id: str) -> list[str]:
    """Name every source that an order may have told of."""
    part = tables.inbound_line
    lines = select(_line.c.id).where(_line.c.purchase_order_id == order_id)
    own = [_source(line_id) for line_id in unit.execute(lines).scalars()]
    rows: Any = unit.execute(
        select(part.c.purchase_line_id, part.c.inbound_id).where(part.c.purchase_line_id.in_(lines))
    )
    return own + [_source(line_id, inbound_id) for line_id, inbound_id in rows]


def _usual(unit: Unit, row: Any) -> datetime:
    supplier = tables.supplier
    query = select(supplier.c.lead_days).where(supplier.c.id == row.supplier_id)
    sent: datetime = row.sent_at
    return sent + timedelta(days=unit.execute(query).scalar_one())


def _confidence(unit: Unit, supplier_item_id: str | None) -> int:
    """Count on as much of a promise as the supplier has kept so far, in percent."""
    item = tables.supplier_item
    query = select(item.c.fill_rate).where(item.c.id == supplier_item_id)
    kept = unit.execute(query).scalar()
    return 100 if kept is None else round(100 * kept)


def watch_late(unit: Unit) -> int:
    """Open an exception for each order whose goods should be here; gives how many are late."""
    coming = tables.incoming
    overdue = unit.execute(
        select(coming.c.source, coming.c.expected_at)
        .where(coming.c.closed_at.is_(None), coming.c.source.startswith(_PREFIX),
               coming.c.expected_at < unit.now - _LATE_AFTER)
        .order_by(coming.c.expected_at)
    ).all()  # fmt: skip
    due = {row.source.split(":")[1]: row.expected_at for row in reversed(overdue)}
    orders = unit.execute(
        select(_order.c.id, _order.c.number, _line.c.id.label("line_id"))
        .join(_line, _line.c.purchase_order_id == _order.c.id)
        .where(_line.c.id.in_(list(due)))
        .order_by(_order.c.id, _line.c.position)
    )
    late = {(row.id, row.number): due[row.line_id] for row in orders}
    for (order_id, number), at in late.items():
        sentence = f"{number} was to be here by {at:%Y-%m-%d} and is not"
        open_exception(unit, ExceptionKind.SUPPLY_LATE, order_id, sentence, severity=Severity.MINOR)
    return len(late)


def not_late(unit: Unit, order_id: str, note: str) -> None:
    """Close what was open about an order that came, or has a new day."""
    close_exception(unit, ExceptionKind.SUPPLY_LATE, order_id, note)
