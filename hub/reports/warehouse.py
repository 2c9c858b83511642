"""Questions about the floor: what waits, what is being fetched, what is in which box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.picking import batch_state, still_to_put_back
from hub.paper.floor import Packed, Stop
from hub.records.warehouse import BatchState
from hub.store import tables

_work, _given, _order = tables.fulfilment_order, tables.allocation, tables.sales_order
_place, _line, _variant = tables.location, tables.order_line, tables.variant
_batch, _task = tables.pick_batch, tables.pick_task


@dataclass(frozen=True)
class OpenWork:
    """A piece of work of one order at one location that has not left yet; units."""

    id: str
    order_id: str
    number: str
    location: str
    state: str
    held: bool
    wanted: int
    picked: int
    packed: int
    placed_at: datetime


@dataclass(frozen=True)
class Batch:
    """A batch of picking with its units."""

    number: str
    location: str
    state: BatchState
    orders: int
    units: int
    picked: int
    short: int
    recalled: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class Task:
    """One stop of a walk."""

    position: int
    bin: str
    sku: str
    gtin: str
    title: str
    order: str
    units: int
    picked: int
    short: int
    recalled: int
    put_back: int
    beyond: int
    """Units fetched for the line that nobody wants any more."""

    @property
    def left(self) -> int:
        """Units nobody has fetched or missed yet."""
        return self.units - self.picked - self.short - self.recalled

    @property
    def stop(self) -> Stop:
        """This stop as it is printed."""
        return Stop(self.bin, self.sku, self.gtin, self.title, self.order, self.left)

    @property
    def to_put_back(self) -> int:
        """Units that were picked and are wanted no more."""
        return still_to_put_back(self.picked, self.put_back, self.beyond)


def open_works(database: Connection, location: str = "", order_id: str = "") -> list[OpenWork]:
    """List the work that has not left, the oldest order first."""
    hold = tables.hold
    held = select(hold.c.id).where(
        hold.c.order_id == _order.c.id, hold.c.released_at.is_(None)
    ).exists()  # fmt: skip
    wanted = func.sum(_given.c.allocated - _given.c.released - _given.c.shipped)
    query = (
        select(_work.c.id, _work.c.state, _order.c.id.label("order_id"), _order.c.number,
               _order.c.placed_at, _place.c.code, held.label("held"), wanted.label("wanted"),
               func.sum(_given.c.picked).label("picked"), func.sum(_given.c.packed).label("packed"))
        .join(_order, _order.c.id == _work.c.order_id)
        .join(_place, _place.c.id == _work.c.location_id)
        .join(_given, _given.c.fulfilment_order_id == _work.c.id)
        .where(_work.c.state.in_(["open", "in_progress", "on_hold"]))
        .group_by(_work.c.id, _order.c.id, _place.c.id)
        .order_by(_order.c.placed_at, _work.c.id)
    )  # fmt: skip
    if location:
        query = query.where(_place.c.code == location)
    if order_id:
        query = query.where(_order.c.id == order_id)
    return [
        OpenWork(
            id=row.id, order_id=row.order_id, number=row.number, location=row.code,
            state=row.state, held=bool(row.held), wanted=int(row.wanted),
            picked=min(int(row.picked), int(row.wanted)), packed=min(int(row.packed),
            int(row.wanted)), placed_at=row.placed_at,
        )
        for row in database.execute(query)
    ]  # fmt: skip


def list_batches(database: Connection, closed: bool = False) -> list[Batch]:
    """List the batches that are not closed, or all, the newest first."""
    total = {name: func.coalesce(func.sum(_task.c[name]), 0).label(name)
             for name in ("quantity", "picked", "short", "recalled")}  # fmt: skip
    orders = func.count(func.distinct(_task.c.fulfilment_order_id)).label("orders")
    query = (
        select(_batch, _place.c.code, orders, *total.values())
        .join(_place, _place.c.id == _batch.c.location_id)
        .outerjoin(_task, _task.c.batch_id == _batch.c.id)
        .group_by(_batch.c.id, _place.c.id)
        .order_by(_batch.c.id.desc())
    )
    if not closed:
        query = query.where(_batch.c.closed_at.is_(None))
    return [_batch_of(row) for row in database.execute(query)]


def _batch_of(row: Any) -> Batch:
    picked, short, recalled = int(row.picked), int(row.short), int(row.recalled)
    done = picked + short + recalled
    return Batch(
        number=row.number, location=row.code, orders=row.orders, units=int(row.quantity),
        picked=picked, short=short, recalled=recalled, created_at=row.created_at,
        created_by=row.created_by,
        state=batch_state(
            row.released_at is not None, row.closed_at is not None, int(row.quantity), done,
            picked + short > 0,
        ),
    )  # fmt: skip


def tasks_of(database: Connection, number: str) -> list[Task]:
    """List the stops of a batch in walking order; empty for a batch nobody knows."""
    beyond = _given.c.picked - (_given.c.allocated - _given.c.released)
    query = (
        select(_task, _line.c.sku, _line.c.title, _order.c.number,
               func.coalesce(func.max(_variant.c.gtin), "").label("gtin"),
               func.coalesce(func.max(beyond), 0).label("beyond"))
        .join(_batch, _batch.c.id == _task.c.batch_id)
        .join(_line, _line.c.id == _task.c.order_line_id)
        .join(_order, _order.c.id == _line.c.order_id)
        .outerjoin(_variant, _variant.c.stock_item_id == _task.c.stock_item_id)
        .outerjoin(_given, (_given.c.fulfilment_order_id == _task.c.fulfilment_order_id)
                   & (_given.c.order_line_id == _task.c.order_line_id))
        .where(_batch.c.number == number)
        .group_by(_task.c.id, _line.c.id, _order.c.id)
        .order_by(_task.c.position)
    )  # fmt: skip
    return [
        Task(
            position=row.position, bin=row.bin, sku=row.sku, gtin=row.gtin, title=row.title,
            order=row.number, units=row.quantity, picked=row.picked, short=row.short,
            recalled=row.recalled, put_back=row.put_back, beyond=row.beyond,
        )
        for row in database.execute(query)
    ]  # fmt: skip


def packed_lines(database: Connection, fulfilment_order_ids: Sequence[str]) -> list[Packed]:
    """List what leaves, or has left, with these pieces of work."""
    units = func.sum(_given.c.allocated - _given.c.released)
    query = (
        select(_line.c.sku, _line.c.title, units.label("units"))
        .join(_line, _line.c.id == _given.c.order_line_id)
        .where(_given.c.fulfilment_order_id.in_(fulfilment_order_ids))
        .group_by(_line.c.id)
        .having(units > 0)
        .order_by(_line.c.position, _line.c.id)
    )
    return [Packed(row.sku, row.title, int(row.units)) for row in database.execute(query)]
