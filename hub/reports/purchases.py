"""Purchase orders as people ask for them: what is on order, what came, what is announced."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from hub.store import tables

_order = tables.purchase_order
_line = tables.purchase_line
_supplier = tables.supplier
_place = tables.location


@dataclass(frozen=True)
class PurchaseRow:
    """A purchase order in a list."""

    number: str
    supplier: str
    location: str
    state: str
    ordered: int
    received: int
    outstanding: int
    total: str
    currency: str
    created_at: datetime
    expected_at: datetime | None


def list_purchases(
    database: Connection, state: str = "", supplier: str = "", limit: int = 200
) -> list[PurchaseRow]:
    """Give purchase orders, the newest first."""
    query = (
        select(_order, _supplier.c.code.label("supplier"), _place.c.code.label("location"))
        .join(_supplier, _supplier.c.id == _order.c.supplier_id)
        .join(_place, _place.c.id == _order.c.location_id)
        .order_by(_order.c.id.desc())
        .limit(limit)
    )
    if state:
        query = query.where(_order.c.state == state)
    if supplier:
        query = query.where(_supplier.c.code == supplier)
    rows = database.execute(query).all()
    lines = _lines_of(database, [row.id for row in rows])
    return [_row(row, lines.get(row.id, [])) for row in rows]


def _lines_of(database: Connection, order_ids: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    query = select(_line).where(_line.c.purchase_order_id.in_(order_ids))
    for line in database.execute(query.order_by(_line.c.position)):
        found.setdefault(line.purchase_order_id, []).append(line)
    return found


def _row(row: Any, lines: list[Any]) -> PurchaseRow:
    total = sum((line.ordered * Decimal(line.unit_price) for line in lines), Decimal(0))
    return PurchaseRow(
        row.number, row.supplier, row.location, row.state,
        sum(line.ordered for line in lines), sum(map(_received, lines)),
        sum(map(_outstanding, lines)), str(total), row.currency, row.created_at, row.expected_at,
    )  # fmt: skip


def _received(line: Any) -> int:
    return int(line.received_good + line.received_damaged)


def _outstanding(line: Any) -> int:
    return int(line.ordered + line.over - _received(line) - line.cancelled)


@dataclass(frozen=True)
class ReceiptRow:
    """Units of a line that came into one bucket."""

    received_at: datetime
    sku: str
    quantity: int
    bucket: str
    unit_cost: str
    currency: str
    note: str
    received_by: str
    command_id: str


@dataclass(frozen=True)
class InboundRow:
    """Units of a line in an announced delivery."""

    reference: str
    state: str
    expected_at: datetime
    sku: str
    announced: int
    received: int


@dataclass(frozen=True)
class PurchaseHistory:
    """What came of a purchase order and what is announced."""

    receipts: tuple[ReceiptRow, ...]
    inbound: tuple[InboundRow, ...]


def purchase_history(database: Connection, order_id: str) -> PurchaseHistory:
    """Give the receipts and announced deliveries of an order, the oldest first."""
    receipt, part = tables.receipt, tables.receipt_part
    came = database.execute(
        select(receipt.c.received_at, _line.c.sku, part.c.quantity, part.c.bucket,
               part.c.unit_cost, part.c.currency, part.c.note, receipt.c.received_by,
               receipt.c.command_id)
        .join(receipt, receipt.c.id == part.c.receipt_id)
        .join(_line, _line.c.id == part.c.purchase_line_id)
        .where(receipt.c.purchase_order_id == order_id)
        .order_by(receipt.c.id, _line.c.position, part.c.bucket)
    )  # fmt: skip
    inbound, share = tables.inbound_shipment, tables.inbound_line
    announced = database.execute(
        select(inbound.c.reference, inbound.c.state, inbound.c.expected_at, _line.c.sku,
               share.c.announced, share.c.received)
        .join(inbound, inbound.c.id == share.c.inbound_id)
        .join(_line, _line.c.id == share.c.purchase_line_id)
        .where(inbound.c.purchase_order_id == order_id)
        .order_by(inbound.c.expected_at, inbound.c.id, _line.c.position)
    )  # fmt: skip
    return PurchaseHistory(
        tuple(ReceiptRow(*row) for row in came), tuple(InboundRow(*row) for row in announced)
    )
