"""What a ticket may be tied to, found by the names that people use."""

from sqlalchemy import Connection, select

from hub.records.ticket import Link
from hub.sdk.errors import HubError
from hub.store import tables
from hub.store.orders import find_order_id
from hub.store.tickets import find_ticket


class UnknownSubjectError(HubError):
    """Nothing, or more than one thing, has this name."""


def find_subject(database: Connection, kind: Link, name: str) -> str:
    """Give the hub id of an order, a parcel, a return or a ticket.

    Raises `UnknownSubjectError`, `UnknownOrderError` or `UnknownTicketError`.
    """
    if kind == Link.ORDER:
        return find_order_id(database, name)
    if kind == Link.TICKET:
        return find_ticket(database, name).id
    if kind == Link.PARCEL:
        row = tables.shipment
        query = select(row.c.id).where((row.c.id == name) | (row.c.tracking_number == name))
    else:
        row = tables.sales_return
        query = select(row.c.id).where((row.c.id == name) | (row.c.number == name.upper()))
    found = database.execute(query.limit(2)).scalars().all()
    if len(found) != 1:
        raise UnknownSubjectError(
            f"there is {'no' if not found else 'more than one'} {kind} {name}"
        )
    return str(found[0])
