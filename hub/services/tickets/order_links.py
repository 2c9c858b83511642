"""Which orders a message is about: those it names and that are the sender's own."""

from sqlalchemy import select

from hub.domain.threading import order_numbers
from hub.records.message import IncomingMessage
from hub.store import tables
from hub.store.unit_of_work import Unit

_order = tables.sales_order
_party = tables.party


def orders_meant(unit: Unit, message: IncomingMessage, person_id: str) -> list[str]:
    """Give the hub ids of the orders a message names; without any, the person's only order.

    A number that is somebody else's order is not tied: tickets show what they are tied to.
    """
    mine = (
        select(_order.c.id, _order.c.number, _order.c.bare_number)
        .join(_party, _party.c.id == _order.c.party_id)
        .where(_party.c.person_id == person_id)
    )
    named = order_numbers(f"{message.subject}\n{message.text}")
    found = unit.execute(
        mine.where(_order.c.number.in_(named) | _order.c.bare_number.in_(named))
        .order_by(_order.c.placed_at.desc())
        .limit(10)
    ).all()
    if not found:
        newest = unit.execute(mine.order_by(_order.c.placed_at.desc()).limit(2)).all()
        found = newest if len(newest) == 1 else []
    return [row.id for row in found]
