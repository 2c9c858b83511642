"""A message arrives: it goes on with a ticket, or begins one; what machines wrote is parked."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from hub.domain.threading import ticket_token
from hub.domain.tickets import OVER, Act, goes_on
from hub.records.message import IncomingMessage
from hub.records.sla_policy import SlaPolicy
from hub.records.ticket import Delivery, Direction, Link, Priority, TicketState
from hub.services.rulebooks import rules_in_force
from hub.services.tickets.clocks import reckon_clocks
from hub.services.tickets.order_links import orders_meant
from hub.services.tickets.sending import undelivered
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.people import people_for, seal_for
from hub.store.ticket_messages import Words, add_message, hash_of
from hub.store.tickets import (
    StoredTicket,
    get_ticket,
    link_ticket,
    members_of,
    move_ticket,
    open_ticket,
)
from hub.store.unit_of_work import Unit

_message = tables.ticket_message
CUSTOMER = "customer"

MOST_AN_HOUR = 20
"""Messages of one sender; what comes beyond is taken for a machine's."""


@dataclass(frozen=True)
class _Arrival:
    """A message with the person who wrote it."""

    message: IncomingMessage
    connection_id: str
    person_id: str
    automatic: bool
    id: str = field(default_factory=new_id)
    """Ours, under which it will be kept."""


def take_in(unit: Unit, connection_id: str, message: IncomingMessage) -> str:
    """Keep a message where it belongs; gives created, updated, unchanged or skipped.

    Nothing is answered by itself, so that two machines cannot talk to each other here.
    """
    if _is_known(unit, connection_id, message.external_id):
        return "unchanged"
    if message.own:
        return _from_elsewhere(unit, connection_id, message)
    if message.bounce is not None and _bounced(unit, connection_id, message):
        return "updated"
    (person,) = people_for(unit, [(message.sender.address, None)])
    automatic = message.automatic or _too_many(unit, person.id)
    arrival = _Arrival(message, connection_id, person.id, automatic)
    found, how = _thread(unit, message), "thread"
    if found is None:
        found, how = _by_token(unit, message, person.id), "token"
    if found is None:
        _explain(unit, arrival, _begin(unit, arrival, None), "new", "no ticket was named")
        return "created"
    days = rules_in_force(unit.connection, SlaPolicy).rules.reopen_days
    if not automatic and not goes_on(found.state, found.resolved_at, unit.now, days):
        why = f"T-{found.number}, named by its {how}, was over for more than {days} days"
        _explain(unit, arrival, _begin(unit, arrival, found), "new", why)
        return "created"
    _go_on(unit, arrival, found)
    _explain(unit, arrival, found.id, "goes on", f"named by its {how}")
    return "updated"


def _explain(unit: Unit, arrival: _Arrival, ticket_id: str, outcome: str, why: str) -> None:
    """Keep why a message stands where it stands; ids only."""
    version = rules_in_force(unit.connection, SlaPolicy).version
    keep_decision(unit, ticket_id, "threading", outcome, {
        "why": why, "message": arrival.id, "automatic": arrival.automatic,
        "marked_automatic": arrival.message.automatic, "policy_version": version,
    })  # fmt: skip


def _is_known(unit: Unit, connection_id: str, external_id: str) -> bool:
    query = select(_message.c.id).where(
        _message.c.connection_id == connection_id,
        _message.c.external_hash == hash_of(unit, external_id),
    )
    return unit.execute(query).first() is not None


def _from_elsewhere(unit: Unit, connection_id: str, message: IncomingMessage) -> str:
    """Keep an answer that somebody wrote in another program; the hub's own copies are skipped."""
    found = None if message.key else _thread(unit, message)
    if found is None or found.person_id is None:
        return "skipped"
    add_message(
        unit, found.id, Direction.OUT, person_id=found.person_id, words=_words(message),
        connection_id=connection_id, external_id=message.external_id, delivery=Delivery.SENT,
        by="mailbox", sent_at=message.sent_at,
    )  # fmt: skip
    if found.state not in OVER | {TicketState.SPAM}:
        move_ticket(unit, found, Act.ANSWERED, "mailbox", "answered in another program")
    reckon_clocks(unit, found.id)
    return "updated"


def _bounced(unit: Unit, connection_id: str, message: IncomingMessage) -> bool:
    """Note a delivery report on the message it is about; False when that is none of ours."""
    assert message.bounce is not None
    row = unit.execute(
        select(_message.c.id, _message.c.ticket_id, _message.c.person_id).where(
            _message.c.connection_id == connection_id,
            _message.c.external_hash == hash_of(unit, message.bounce.message_id),
            _message.c.direction == Direction.OUT.value,
        )
    ).first()
    if row is None:
        return False
    add_message(
        unit, row.ticket_id, Direction.IN, person_id=row.person_id, words=_words(message),
        connection_id=connection_id, external_id=message.external_id, automatic=True,
        sent_at=message.sent_at,
    )  # fmt: skip
    if message.bounce.permanent:
        undelivered(unit, row.id, Delivery.BOUNCED, "it came back")
    return True


def _thread(unit: Unit, message: IncomingMessage) -> StoredTicket | None:
    """Find the ticket of the nearest message this one goes on with, wherever it was merged to."""
    wanted = [hash_of(unit, one) for one in message.thread_ids[:50]]
    rows = unit.execute(
        select(_message.c.external_hash, _message.c.ticket_id).where(
            _message.c.external_hash.in_(wanted)
        )
    )
    known = {row.external_hash: row.ticket_id for row in rows}
    nearest = next((known[id] for id in wanted if id in known), None)
    return None if nearest is None else _where_it_went(unit, nearest)


def _where_it_went(unit: Unit, ticket_id: str) -> StoredTicket:
    ticket = get_ticket(unit.connection, ticket_id)
    return ticket if ticket.merged_into is None else _where_it_went(unit, ticket.merged_into)


def _by_token(unit: Unit, message: IncomingMessage, person_id: str) -> StoredTicket | None:
    """Find the ticket a subject names, if this person has a part in it: numbers can be guessed."""
    number = ticket_token(message.subject)
    if number is None:
        return None
    row = tables.ticket
    named = unit.execute(select(row.c.id).where(row.c.number == number)).scalar()
    if named is None:
        return None
    ticket = _where_it_went(unit, named)
    took_part = select(_message.c.id).where(
        _message.c.ticket_id.in_(members_of(unit.connection, ticket.id)),
        _message.c.person_id == person_id,
    )
    known = ticket.person_id == person_id or unit.execute(took_part.limit(1)).first() is not None
    return ticket if known else None


def _too_many(unit: Unit, person_id: str) -> bool:
    recent = select(func.count()).where(
        _message.c.person_id == person_id, _message.c.direction == Direction.IN.value,
        _message.c.recorded_at > unit.now - timedelta(hours=1),
    )  # fmt: skip
    return int(unit.execute(recent).scalar_one()) >= MOST_AN_HOUR


def _words(message: IncomingMessage) -> Words:
    return Words(
        message.sender.address, message.external_id, message.sender.name, message.subject,
        message.text, message.thread_ids, Words.noted(message.enclosures), message.truncated,
    )  # fmt: skip


def _keep(unit: Unit, arrival: _Arrival, ticket_id: str) -> None:
    message = arrival.message
    add_message(
        unit, ticket_id, Direction.IN, person_id=arrival.person_id, words=_words(message),
        connection_id=arrival.connection_id, external_id=message.external_id,
        message_id=arrival.id, automatic=arrival.automatic, sent_at=message.sent_at,
    )  # fmt: skip


def _begin(unit: Unit, arrival: _Arrival, before: StoredTicket | None) -> str:
    """Open a ticket; of what a machine wrote it is put away at once, for a person to look at."""
    ticket_id = new_id()
    title = arrival.message.subject.strip() or "(no subject)"
    open_ticket(
        unit, ticket_id=ticket_id, by=CUSTOMER, person_id=arrival.person_id,
        connection_id=arrival.connection_id,
        priority=Priority.LOW if arrival.automatic else Priority.NORMAL,
        sealed_title=seal_for(unit, arrival.person_id, title.encode(), f"ticket:{ticket_id}"),
    )  # fmt: skip
    _keep(unit, arrival, ticket_id)
    links = [(Link.ORDER, one) for one in orders_meant(unit, arrival.message, arrival.person_id)]
    links += [(Link.TICKET, before.id)] if before else []
    link_ticket(unit, ticket_id, links)
    if arrival.automatic:
        parked = "parked: a machine wrote it, and nobody answers it"
        move_ticket(unit, get_ticket(unit.connection, ticket_id), Act.SPAM, "hub", parked)
    reckon_clocks(unit, ticket_id)
    return ticket_id


def _go_on(unit: Unit, arrival: _Arrival, ticket: StoredTicket) -> None:
    _keep(unit, arrival, ticket.id)
    if not arrival.automatic:
        move_ticket(unit, ticket, Act.CUSTOMER_WROTE, CUSTOMER)
        meant = orders_meant(unit, arrival.message, arrival.person_id)
        link_ticket(unit, ticket.id, [(Link.ORDER, one) for one in meant])
    reckon_clocks(unit, ticket.id)
