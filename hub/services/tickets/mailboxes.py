"""Where a ticket is answered from, and to whom: the customer's last word, or the order's."""

from sqlalchemy import select

from hub.records.connection import ConnectionState, Family
from hub.records.message import Correspondent
from hub.records.ticket import Direction, Link
from hub.sdk.capabilities import SendMessage
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.store import tables
from hub.store.connections import Connected, list_connections
from hub.store.people import ErasedError, open_parties
from hub.store.ticket_messages import StoredMessage, messages_of
from hub.store.tickets import StoredTicket, links_of, members_of
from hub.store.unit_of_work import Unit


class NobodyToAnswerError(HubError):
    """This ticket cannot be answered from here; the text says what is missing."""


def mailbox_for(hub: Hub, unit: Unit, ticket: StoredTicket) -> Connected:
    """Give the connection a ticket is answered from; raises `NobodyToAnswerError`.

    The one it came in by; else the only one that can send.
    """
    boxes = [
        one
        for one in list_connections(unit.connection, Family.SUPPORT)
        if one.state != ConnectionState.DISABLED
        and SendMessage in hub.registry.connector(one.connector).provides
    ]
    mine = [one for one in boxes if one.id == ticket.connection_id]
    if mine:
        return mine[0]
    if len(boxes) != 1:
        codes = ", ".join(one.code for one in boxes) or "none"
        raise NobodyToAnswerError(
            f"T-{ticket.number} came by no mailbox, and which to use is not clear: there are "
            f"{codes}; hub connect adds one"
        )
    return boxes[0]


def written_so_far(unit: Unit, ticket: StoredTicket) -> list[StoredMessage]:
    """Give every message of a ticket and of those merged into it, oldest first."""
    members = members_of(unit.connection, ticket.id)
    return messages_of(unit.connection, unit.keyring, members)


def customer_of(
    unit: Unit, ticket: StoredTicket, written: list[StoredMessage]
) -> tuple[str, Correspondent]:
    """Give the person a ticket is answered to, and where; raises `NobodyToAnswerError`."""
    for message in reversed(written):
        asked = message.direction == Direction.IN and not message.automatic
        if asked and message.words is not None:
            person = _person_of(unit, message.id)
            return person, message.words.person
    for kind, subject in links_of(unit.connection, ticket.id):
        if kind == Link.ORDER and (found := _buyer(unit, subject)) is not None:
            return found
    raise NobodyToAnswerError(f"nobody is known whom T-{ticket.number} could be answered to")


def _person_of(unit: Unit, message_id: str) -> str:
    row = tables.ticket_message
    query = select(row.c.person_id).where(row.c.id == message_id)
    return str(unit.execute(query).scalar_one())


def _buyer(unit: Unit, order_id: str) -> tuple[str, Correspondent] | None:
    order, party = tables.sales_order, tables.party
    row = unit.execute(
        select(party.c.id, party.c.person_id)
        .join(order, order.c.party_id == party.c.id)
        .where(order.c.id == order_id)
    ).first()
    if row is None:
        return None
    try:
        known = open_parties(unit.connection, unit.keyring, row.id)
    except ErasedError:
        return None
    for one in (known.bill_to, known.ship_to):
        if one is not None and one.email:
            return row.person_id, Correspondent(address=one.email, name=one.name)
    return None
