"""What a person does to a ticket: answer, note, assign, wait, resolve, merge, tie, open."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update

from hub.domain.tickets import LIVE, Act, TicketActError
from hub.records.ticket import (
    Delivery,
    Direction,
    ExceptionKind,
    Link,
    Priority,
    TicketState,
)
from hub.services.context import Hub
from hub.services.tickets.clocks import reckon_clocks
from hub.services.tickets.exceptions import close_exception, resolve_exceptions
from hub.services.tickets.mailboxes import customer_of, mailbox_for, written_so_far
from hub.services.tickets.sending import owe_message
from hub.store import tables
from hub.store.people import ErasedError
from hub.store.ticket_messages import StoredMessage, Words, add_message
from hub.store.tickets import (
    StoredTicket,
    find_ticket,
    link_ticket,
    links_of,
    move_ticket,
    open_ticket,
)
from hub.store.unit_of_work import Unit

_ticket = tables.ticket
AFTER_ANSWER = (
    TicketState.WAITING_CUSTOMER, TicketState.WAITING_THIRD_PARTY, TicketState.OPEN,
    TicketState.RESOLVED,
)  # fmt: skip
"""Where a ticket may stand after an answer."""


def reply(
    hub: Hub, number: str, text: str, by: str, then: TicketState = TicketState.WAITING_CUSTOMER
) -> str:
    """Write to the customer from the mailbox of a ticket; gives the effect that sends it.

    Raises `NobodyToAnswerError`, `TicketActError`.
    """
    with hub.store.unit_of_work() as unit:
        ticket = find_ticket(unit.connection, number)
        box = mailbox_for(hub, unit, ticket)
        written = written_so_far(unit, ticket)
        person_id, to = customer_of(unit, ticket, written)
        words = Words(
            to.address, name=to.name, subject=_subject(unit, ticket, written), text=text,
            thread_ids=tuple(one.known_as for one in reversed(written) if one.known_as)[:20],
        )  # fmt: skip
        message_id = add_message(
            unit, ticket.id, Direction.OUT, person_id=person_id, words=words, by=by,
            connection_id=box.id, delivery=Delivery.QUEUED,
        )  # fmt: skip
        over = ticket.state not in LIVE
        move_ticket(unit, ticket, Act.ANSWERED, by, to=None if over else then)
        close_exception(unit, ExceptionKind.MESSAGE_BOUNCED, ticket.id, f"{by} wrote again")
        reckon_clocks(unit, ticket.id)
        return owe_message(unit, box.id, message_id)


def _subject(unit: Unit, ticket: StoredTicket, written: list[StoredMessage]) -> str:
    """Go on with the customer's subject; the token finds the ticket where a thread is lost."""
    said = [m.words.subject for m in written if m.words and m.direction == Direction.IN]
    row = unit.execute(_ticket.select().where(_ticket.c.id == ticket.id)).one()
    subject = said[-1] if said else row.title
    token = f"[T-{ticket.number}]"
    start = subject if subject[:3].lower() == "re:" else f"Re: {subject}".strip()
    return start if token in subject else f"{start} {token}"


def note(hub: Hub, number: str, text: str, by: str) -> None:
    """Write something down that goes to nobody; sealed like the ticket's own messages."""
    with hub.store.unit_of_work() as unit:
        ticket = find_ticket(unit.connection, number)
        if ticket.person_id is None:
            add_message(unit, ticket.id, Direction.NOTE, note=text, by=by)
            return
        try:
            add_message(
                unit, ticket.id, Direction.NOTE, person_id=ticket.person_id, by=by,
                words=Words("", text=text),
            )  # fmt: skip
        except ErasedError:
            raise TicketActError("the customer was erased: nothing more is written here") from None


def _act(
    hub: Hub, number: str, act: Act, by: str, note: str,
    more: Callable[[Unit, StoredTicket], Any] = lambda unit, ticket: None, **values: Any,
) -> None:  # fmt: skip
    with hub.store.unit_of_work() as unit:
        ticket = find_ticket(unit.connection, number)
        move_ticket(unit, ticket, act, by, note, **values)
        more(unit, ticket)
        reckon_clocks(unit, ticket.id)


def snooze(hub: Hub, number: str, until: datetime, by: str, note: str = "") -> None:
    """Put a ticket away until a time; a message of the customer wakes it before."""
    _act(hub, number, Act.SNOOZED, by, note, snoozed_until=until)


def wait_for(hub: Hub, number: str, third_party: bool, by: str, note: str = "") -> None:
    """Say that somebody else has to move first: the customer, or a third party."""
    act = Act.WAIT_THIRD_PARTY if third_party else Act.WAIT_CUSTOMER
    _act(hub, number, act, by, note)


def resolve(hub: Hub, number: str, by: str, note: str = "") -> None:
    """Say that nothing is left to do: what it was opened for is settled, by a person's word.

    The ticket closes by itself when nobody comes back to it.
    """

    def settle(unit: Unit, ticket: StoredTicket) -> None:
        _no_bounce(by)(unit, ticket)
        resolve_exceptions(unit, ticket.id, by, note)

    _act(hub, number, Act.RESOLVED, by, note, settle)


def reopen(hub: Hub, number: str, by: str, note: str = "") -> None:
    """Take a ticket up again, from wherever it was put."""
    _act(hub, number, Act.REOPENED, by, note)


def mark_spam(hub: Hub, number: str, by: str) -> None:
    """Put a ticket away as spam: it is never answered, and what follows on it stays there."""
    _act(hub, number, Act.SPAM, by, "", _no_bounce(by))


def _no_bounce(by: str) -> Callable[[Unit, StoredTicket], Any]:
    def close(unit: Unit, ticket: StoredTicket) -> None:
        close_exception(unit, ExceptionKind.MESSAGE_BOUNCED, ticket.id, f"{by} ended the ticket")

    return close


def assign(hub: Hub, number: str, to: str, priority: Priority | None = None) -> None:
    """Give a ticket to somebody (empty: to nobody), and say how urgent it is."""
    values: dict[str, Any] = {"assignee": to}
    with hub.store.unit_of_work() as unit:
        ticket = find_ticket(unit.connection, number)
        if priority is not None:
            values["priority"] = priority.value
        unit.execute(
            update(_ticket).where(_ticket.c.id == ticket.id).values(updated_at=unit.now, **values)
        )
        reckon_clocks(unit, ticket.id)


def link(hub: Hub, number: str, links: Iterable[tuple[Link, str]]) -> None:
    """Tie a ticket to an order, a parcel, a return or an older ticket, by their hub ids."""
    with hub.store.unit_of_work() as unit:
        link_ticket(unit, find_ticket(unit.connection, number).id, links)


def open_by_hand(
    hub: Hub, title: str, by: str, links: Iterable[tuple[Link, str]] = (),
    priority: Priority = Priority.NORMAL,
) -> int:  # fmt: skip
    """Open a ticket for something that no message told of; gives its number."""
    with hub.store.unit_of_work() as unit:
        ticket_id = open_ticket(unit, title=title, priority=priority, by=by)
        link_ticket(unit, ticket_id, links)
        reckon_clocks(unit, ticket_id)
        return find_ticket(unit.connection, ticket_id).number


def merge(hub: Hub, number: str, into: str, by: str) -> None:
    """Make two tickets one: both histories stay, what is open goes on in the second."""
    with hub.store.unit_of_work() as unit:
        source = find_ticket(unit.connection, number)
        target = find_ticket(unit.connection, into)
        if source.id == target.id or target.state not in LIVE:
            raise TicketActError(f"T-{target.number} is {target.state}: it takes up nothing")
        move_ticket(unit, source, Act.MERGED, by, f"into T-{target.number}", merged_into=target.id)
        unit.execute(
            update(_ticket).where(_ticket.c.merged_into == source.id).values(merged_into=target.id)
        )
        _hand_over(unit, source, target, by)
        if source.state in TO_BE_DONE and target.state not in TO_BE_DONE:
            note = f"T-{source.number} was {source.state}"
            move_ticket(unit, target, Act.REOPENED, by, note)
        reckon_clocks(unit, source.id)
        reckon_clocks(unit, target.id)


TO_BE_DONE = frozenset({TicketState.NEW, TicketState.OPEN})
"""States in which it is the house's turn: a merge must not put that to sleep."""


def _hand_over(unit: Unit, source: StoredTicket, target: StoredTicket, by: str) -> None:
    """Give links, live exceptions, mailbox and customer to the ticket that goes on."""
    link_ticket(unit, target.id, links_of(unit.connection, source.id))
    close_exception(unit, ExceptionKind.MESSAGE_BOUNCED, source.id, f"{by} merged the ticket")
    row = tables.operational_exception
    unit.execute(
        update(row)
        .where(row.c.ticket_id == source.id, row.c.closed_at.is_(None),
               row.c.subject_id != source.id)
        .values(ticket_id=target.id)
    )  # fmt: skip
    lacking = {
        name: getattr(source, name)
        for name in ("person_id", "connection_id")
        if getattr(target, name) is None and getattr(source, name) is not None
    }
    if lacking:
        unit.execute(update(_ticket).where(_ticket.c.id == target.id).values(**lacking))
