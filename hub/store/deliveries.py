"""What suppliers delivered, as facts: every delivery of an item, every line that is over."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.purchasing import CLAIMED
from hub.domain.suppliers import Delivery, FinishedLine
from hub.records.purchase import PurchaseState
from hub.store import tables

_order = tables.purchase_order
_line = tables.purchase_line
_receipt = tables.receipt
_part = tables.receipt_part
_DAY = 86_400

OVER = (PurchaseState.RECEIVED, PurchaseState.CLOSED, PurchaseState.CANCELLED, PurchaseState.LOST)


def deliveries_of(database: Connection, supplier_items: Any) -> dict[str, list[Delivery]]:
    """Give every delivery of these supplier items (ids, or a query for them), the oldest first."""
    damaged = func.sum(_part.c.quantity).filter(
        _part.c.bucket.in_([bucket.value for bucket in CLAIMED])
    )
    rows = database.execute(
        select(_line.c.supplier_item_id, _receipt.c.received_at, _order.c.sent_at,
               _order.c.expected_at, func.sum(_part.c.quantity), func.coalesce(damaged, 0))
        .join(_receipt, _receipt.c.id == _part.c.receipt_id)
        .join(_line, _line.c.id == _part.c.purchase_line_id)
        .join(_order, _order.c.id == _line.c.purchase_order_id)
        .where(_line.c.supplier_item_id.in_(supplier_items), _order.c.sent_at.is_not(None))
        .group_by(_line.c.id, _line.c.supplier_item_id, _receipt.c.id, _receipt.c.received_at,
                  _order.c.sent_at, _order.c.expected_at)
        .order_by(_receipt.c.received_at, _receipt.c.id)
    )  # fmt: skip
    found: dict[str, list[Delivery]] = defaultdict(list)
    for item, came_at, sent_at, expected_at, units, bad in rows:
        late = (came_at.date() - expected_at.date()).days if expected_at else None
        lead = (came_at - sent_at).total_seconds() / _DAY
        found[item].append(Delivery(lead, late, int(units) - int(bad), int(bad)))
    return found


def finished_of(database: Connection, supplier_items: Any) -> dict[str, list[FinishedLine]]:
    """Give the lines of these supplier items from which nothing more is to come."""
    rows = database.execute(
        select(_line.c.supplier_item_id, _line.c.ordered, _line.c.cancelled,
               _line.c.received_good, _order.c.sent_at)
        .join(_order, _order.c.id == _line.c.purchase_order_id)
        .where(_line.c.supplier_item_id.in_(supplier_items),
               _order.c.state.in_([state.value for state in OVER]))
    )  # fmt: skip
    found: dict[str, list[FinishedLine]] = defaultdict(list)
    for item, ordered, cancelled, good, sent_at in rows:
        found[item].append(FinishedLine(ordered, 0 if sent_at else cancelled, good))
    return found
