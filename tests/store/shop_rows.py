"""Short ways to give a store a shop, a place, stock and order lines."""

from typing import Any

from sqlalchemy import select

from hub.records.connection import Account, Family
from hub.store import tables
from hub.store.connections import NewConnection, add_connection
from hub.store.ids import new_id
from hub.store.ledger import adjust, new_stock_item
from hub.store.unit_of_work import Store


def new_connection(code: str = "NYC", **fields: Any) -> NewConnection:
    given = {
        "code": code, "connector": "woocommerce", "family": Family.STOREFRONT, "title": "Shop",
        "shown": {"url": f"https://{code}.example"}, "secrets": {"key": "cs_hunter2"},
        "account": Account(id=f"https://{code}.example", title="Shop", currency="USD"),
        "concurrency": 2,
    }  # fmt: skip
    return NewConnection(**{**given, **fields})


def connect(store: Store, code: str = "NYC", **fields: Any) -> str:
    with store.unit_of_work() as unit:
        return add_connection(unit, new_connection(code, **fields))


def add_place(store: Store, code: str = "MAIN") -> str:
    with store.unit_of_work() as unit:
        unit.execute(tables.location.insert().values(id=code.lower(), code=code, title=code))
    return code.lower()


def add_item(store: Store, place: str, units: int, tracked: bool = True) -> str:
    with store.unit_of_work() as unit:
        item = new_stock_item(unit, tracked)
        if units:
            adjust(unit, item, place, units, f"opening:{item}", "opening")
    return item


def add_lines(store: Store, shop: str, item: str | None, *quantities: int) -> list[str]:
    """Give an order with one line for each quantity; the ids of the lines."""
    order_id = new_id()
    lines = [new_id() for _ in quantities]
    with store.unit_of_work() as unit:
        unit.execute(
            tables.sales_order.insert().values(
                id=order_id, connection_id=shop, external_id=order_id, number=order_id,
                bare_number=order_id, channel_state="open", channel_status="processing",
                currency="USD", total_minor=0, placed_at=unit.now, updated_at=unit.now,
                payment_terms="online", phase="to_route", document={},
            )
        )  # fmt: skip
        for position, (line_id, quantity) in enumerate(zip(lines, quantities, strict=True)):
            unit.execute(
                tables.order_line.insert().values(
                    id=line_id, order_id=order_id, position=position, external_id=line_id,
                    title="T-shirt", stock_item_id=item, quantity=quantity,
                )
            )  # fmt: skip
    return lines


def add_work(store: Store, line_id: str, place: str) -> str:
    """Give the order of a line a fulfilment order at a place."""
    work = new_id()
    with store.unit_of_work() as unit:
        order_id = unit.execute(
            select(tables.order_line.c.order_id).where(tables.order_line.c.id == line_id)
        ).scalar_one()
        unit.execute(
            tables.fulfilment_order.insert().values(
                id=work, order_id=order_id, location_id=place, created_at=unit.now
            )
        )
    return work


def all_rows(store: Store, table: Any, **where: Any) -> list[Any]:
    query = select(table)
    for column, value in where.items():
        query = query.where(table.c[column] == value)
    with store.reading() as connection:
        return list(connection.execute(query))


def one_row(store: Store, table: Any, **where: Any) -> Any:
    (row,) = all_rows(store, table, **where)
    return row
