"""Tickets as people read them: what is owed first, with the order beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from hub.domain.tickets import LIVE
from hub.records.ticket import Link
from hub.reports.exceptions import ExceptionLine, exceptions_of
from hub.store import tables
from hub.store.sealing import Keyring
from hub.store.ticket_messages import StoredMessage, messages_of, title_of
from hub.store.tickets import find_ticket, links_of, members_of

_ticket = tables.ticket
_timer = tables.sla_timer
HIDDEN = "(a customer's words; --reveal shows them)"


@dataclass(frozen=True)
class TicketRow:
    """One line of the list."""

    number: str
    title: str
    state: str
    priority: str
    assignee: str
    due_at: datetime | None
    """When the next promise is broken, or was."""
    due: str
    """Which one."""
    opened_at: datetime
    about: tuple[str, ...]


@dataclass(frozen=True)
class ClockRow:
    """One promise and how far it is used up, in working minutes."""

    clock: str
    round: int
    state: str
    used: int
    of: int
    due_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class ChangeRow:
    """One step of a ticket's life."""

    at: datetime
    act: str
    from_state: str
    to_state: str
    by: str
    note: str


@dataclass(frozen=True)
class MessageRow:
    """One message as it is shown; the words only to whom they may be shown."""

    at: datetime
    direction: str
    delivery: str
    by: str
    automatic: bool
    person: str
    subject: str
    text: str
    enclosures: tuple[str, ...]


@dataclass(frozen=True)
class TicketPage:
    """Everything about one ticket."""

    ticket: TicketRow
    clocks: tuple[ClockRow, ...]
    about: tuple[Mapping[str, Any], ...]
    exceptions: tuple[ExceptionLine, ...]
    messages: tuple[MessageRow, ...]
    changes: tuple[ChangeRow, ...]
    decisions: tuple[Mapping[str, Any], ...]
    """What the hub decided by itself, with its reasons."""
    merged: tuple[str, ...]
    """Tickets that go on here."""
    merged_into: str


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets are listed."""

    state: str = ""
    """Empty: all on which something is to be done."""
    everything: bool = False
    assignee: str = ""
    order_id: str = ""


def list_tickets(
    database: Connection, keyring: Keyring, wanted: TicketFilter, limit: int, reveal: bool
) -> list[TicketRow]:
    """Give tickets, what is due first at the top, then the oldest."""
    due = (
        select(_timer.c.ticket_id, func.min(_timer.c.due_at).label("due_at"))
        .where(_timer.c.ended_at.is_(None), _timer.c.due_at.is_not(None))
        .group_by(_timer.c.ticket_id)
        .subquery()
    )
    query = select(_ticket, due.c.due_at).outerjoin(due, due.c.ticket_id == _ticket.c.id)
    if wanted.state:
        query = query.where(_ticket.c.state == wanted.state)
    elif not wanted.everything:
        query = query.where(_ticket.c.state.in_(sorted(LIVE)))
    if wanted.assignee:
        query = query.where(_ticket.c.assignee == wanted.assignee)
    if wanted.order_id:
        link = tables.ticket_link
        about = and_(link.c.ticket_id == _ticket.c.id, link.c.kind == Link.ORDER.value,
                     link.c.subject_id == wanted.order_id)  # fmt: skip
        query = query.join(link, about)
    query = query.order_by(due.c.due_at.is_(None), due.c.due_at, _ticket.c.opened_at).limit(limit)
    return [_line(database, keyring, row, reveal) for row in database.execute(query).all()]


def _line(database: Connection, keyring: Keyring, row: Row[Any], reveal: bool) -> TicketRow:
    which = database.execute(
        select(_timer.c.kind)
        .where(_timer.c.ticket_id == row.id, _timer.c.due_at == row.due_at,
               _timer.c.ended_at.is_(None))
        .limit(1)
    ).scalar()  # fmt: skip
    sealed = row.sealed_title is not None and not reveal
    return TicketRow(
        f"T-{row.number}", HIDDEN if sealed else title_of(database, keyring, row), row.state,
        row.priority, row.assignee, row.due_at, (row.due_at and which) or "", row.opened_at,
        tuple(one["shown"] for one in _about(database, row.id)),
    )  # fmt: skip


def ticket_page(database: Connection, keyring: Keyring, number: str, reveal: bool) -> TicketPage:
    """Give one ticket whole; raises `UnknownTicketError`."""
    found = find_ticket(database, number)
    query = select(_ticket, func.min(_timer.c.due_at).label("due_at")).outerjoin(
        _timer, and_(_timer.c.ticket_id == _ticket.c.id, _timer.c.ended_at.is_(None))
    )
    row = database.execute(query.where(_ticket.c.id == found.id).group_by(_ticket.c.id)).one()
    members = members_of(database, found.id)
    return TicketPage(
        ticket=_line(database, keyring, row, reveal),
        clocks=_clocks(database, found.id),
        about=tuple(_about(database, found.id)),
        exceptions=tuple(exceptions_of(database, found.id)),
        messages=tuple(_message(m, reveal) for m in messages_of(database, keyring, members)),
        changes=_changes(database, members),
        decisions=_decisions(database, members),
        merged=_numbers(database, members[1:]),
        merged_into="".join(_numbers(database, [found.merged_into or ""])),
    )


def _clocks(database: Connection, ticket_id: str) -> tuple[ClockRow, ...]:
    query = select(_timer).where(_timer.c.ticket_id == ticket_id)
    return tuple(
        ClockRow(row.kind, row.round, row.state, row.used_s // 60, row.target_s // 60, row.due_at,
                 row.ended_at)
        for row in database.execute(query.order_by(_timer.c.kind, _timer.c.round))
    )  # fmt: skip


def _changes(database: Connection, ticket_ids: list[str]) -> tuple[ChangeRow, ...]:
    change = tables.ticket_change
    query = select(change).where(change.c.ticket_id.in_(ticket_ids))
    return tuple(
        ChangeRow(row.at, row.act, row.from_state, row.to_state, row.by, row.note)
        for row in database.execute(query.order_by(change.c.at, change.c.id))
    )


def _decisions(database: Connection, ticket_ids: list[str]) -> tuple[Mapping[str, Any], ...]:
    row = tables.decision
    query = select(row.c.at, row.c.kind, row.c.outcome, row.c.document)
    query = query.where(row.c.subject_id.in_(ticket_ids)).order_by(row.c.id)
    return tuple(dict(found) for found in database.execute(query).mappings())


def _numbers(database: Connection, ticket_ids: list[str]) -> tuple[str, ...]:
    query = select(_ticket.c.number).where(_ticket.c.id.in_(ticket_ids))
    return tuple(f"T-{number}" for number in database.execute(query.order_by("number")).scalars())


def _message(message: StoredMessage, reveal: bool) -> MessageRow:
    words = message.words
    person, subject, text = "", "", message.note
    if words is not None:
        person = f"{words.name} <{words.address}>".strip() if words.address else ""
        subject, text = words.subject, words.text
    elif not message.note:
        text = "(erased)"
    if words is not None and not reveal:
        person, subject, text = ("hidden" if person else ""), "", HIDDEN
    enclosures = words.enclosures if words is not None and reveal else ()
    return MessageRow(
        message.sent_at, message.direction.value, message.delivery, message.by,
        message.automatic, person, subject, text,
        tuple(f"{name or 'unnamed'} ({kind}, {size:,} bytes)" for name, kind, size in enclosures),
    )  # fmt: skip


# --- what a ticket is about -----------------------------------------------------------------------


def _about(database: Connection, ticket_id: str) -> list[Mapping[str, Any]]:
    return [
        {"kind": kind.value, "id": subject, **_shown(database, kind, subject)}
        for kind, subject in links_of(database, ticket_id)
    ]


def _shown(database: Connection, kind: Link, subject: str) -> Mapping[str, Any]:
    row = database.execute(_QUESTION[kind].where(_ID[kind] == subject)).mappings().first()
    if row is None:
        return {"shown": subject, "state": ""}
    shown = row["shown"] if kind != Link.TICKET else f"T-{row['shown']}"
    return {**row, "shown": shown or subject}


_order, _shipment, _return = tables.sales_order, tables.shipment, tables.sales_return
_ID = {
    Link.ORDER: _order.c.id, Link.PARCEL: _shipment.c.id, Link.RETURN: _return.c.id,
    Link.TICKET: _ticket.c.id,
}  # fmt: skip
_QUESTION = {
    Link.ORDER: select(
        _order.c.number.label("shown"), _order.c.phase.label("state"), _order.c.placed_at,
        _order.c.channel_status,
    ),
    Link.PARCEL: select(
        _shipment.c.tracking_number.label("shown"), _shipment.c.state, _shipment.c.service,
        _shipment.c.tracking_url, _shipment.c.handed_over_at, _shipment.c.delivered_at,
    ),
    Link.RETURN: select(_return.c.number.label("shown")),
    Link.TICKET: select(_ticket.c.number.label("shown"), _ticket.c.state),
}  # fmt: skip
