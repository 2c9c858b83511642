"""What must hold between purchase lines, receipts, the ledger and what people were told."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, union_all

from hub.domain.purchasing import CLAIMED
from hub.records.ticket import ExceptionKind
from hub.store import tables
from hub.store.ledger import SUPPLIER

_line = tables.purchase_line
_order = tables.purchase_order
_part = tables.receipt_part
_moved = tables.stock_movement


def purchase_lines_equal_their_receipts(database: Connection) -> Iterator[str]:
    """A purchase line has received, good and damaged, what its receipts say."""
    claimed = _part.c.bucket.in_([bucket.value for bucket in CLAIMED])
    came = (
        select(_part.c.purchase_line_id,
               func.coalesce(func.sum(_part.c.quantity).filter(~claimed), 0).label("good"),
               func.coalesce(func.sum(_part.c.quantity).filter(claimed), 0).label("damaged"))
        .group_by(_part.c.purchase_line_id)
        .subquery()
    )  # fmt: skip
    good = func.coalesce(came.c.good, 0) - _line.c.received_good
    damaged = func.coalesce(came.c.damaged, 0) - _line.c.received_damaged
    rows = database.execute(
        select(_order.c.number, _line.c.sku, good.label("good"), damaged.label("damaged"))
        .select_from(_line)
        .outerjoin(_order, _order.c.id == _line.c.purchase_order_id)
        .outerjoin(came, came.c.purchase_line_id == _line.c.id)
        .where((good != 0) | (damaged != 0))
        .order_by(_line.c.id)
    )
    for row in rows:
        yield f"{row.number} {row.sku}: off by {row.good} good, {row.damaged} damaged"


def receipts_equal_the_ledger(database: Connection) -> Iterator[str]:
    """Every unit of a receipt came from the supplier in the ledger, and no other by a receipt."""
    entry = union_all(
        select(_part.c.stock_item_id, _part.c.quantity.label("units")),
        select(_moved.c.stock_item_id, -_moved.c.quantity).where(
            _moved.c.from_account == SUPPLIER, _moved.c.command_id.startswith("receipt:")
        ),
    ).subquery()
    rows = database.execute(
        select(entry.c.stock_item_id, func.sum(entry.c.units).label("off"))
        .group_by(entry.c.stock_item_id)
        .having(func.sum(entry.c.units) != 0)
        .order_by(entry.c.stock_item_id)
    )
    for row in rows:
        yield f"item {row.stock_item_id}: receipts and ledger differ by {row.off}"


def more_than_was_ordered_was_told(database: Connection) -> Iterator[str]:
    """Whenever more came than was ordered, an exception says so."""
    told = tables.operational_exception
    known = select(told.c.subject_id).where(told.c.kind == ExceptionKind.SUPPLY_OVER.value)
    rows = database.execute(
        select(_line.c.purchase_order_id, _line.c.sku, _line.c.over)
        .where(_line.c.over > 0, _line.c.purchase_order_id.not_in(known))
        .order_by(_line.c.id)
    )
    for row in rows:
        yield f"order {row.purchase_order_id}: {row.over} of {row.sku} too many"
