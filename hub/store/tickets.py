"""Tickets as stored: opened with their number, moved by conditional updates, tied to things."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.domain.tickets import LIVE, OVER, Act, after
from hub.records.ticket import Link, Priority, TicketState
from hub.sdk.errors import TransientError
from hub.store import tables
from hub.store.ids import new_id
from hub.store.numbers import next_number
from hub.store.unit_of_work import Unit

_ticket = tables.ticket
_link = tables.ticket_link


class UnknownTicketError(LookupError):
    """No ticket has this number."""


class TicketMovedError(TransientError):
    """Somebody else moved this ticket in the same moment: look again."""


@dataclass(frozen=True)
class StoredTicket:
    """A ticket as its row says; who it is from is sealed apart."""

    id: str
    number: int
    state: TicketState
    priority: Priority
    assignee: str
    person_id: str | None
    connection_id: str | None
    merged_into: str | None
    opened_at: datetime
    snoozed_until: datetime | None
    resolved_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether something is still to be done."""
        return self.state in LIVE


def get_ticket(connection: Connection, ticket_id: str) -> StoredTicket:
    """Read a ticket by its hub id."""
    return _stored(connection.execute(select(_ticket).where(_ticket.c.id == ticket_id)).one())


def find_ticket(connection: Connection, number: str) -> StoredTicket:
    """Find a ticket by its number, with or without `T-`; raises `UnknownTicketError`."""
    digits = number.upper().removeprefix("T-")
    wanted = int(digits) if digits.isdecimal() else -1
    row = connection.execute(
        select(_ticket).where((_ticket.c.number == wanted) | (_ticket.c.id == number))
    ).first()
    if row is None:
        raise UnknownTicketError(f"there is no ticket {number}; `hub tickets list` shows them")
    return _stored(row)


def _stored(row: Row[Any]) -> StoredTicket:
    return StoredTicket(
        row.id, row.number, TicketState(row.state), Priority(row.priority), row.assignee,
        row.person_id, row.connection_id, row.merged_into, row.opened_at, row.snoozed_until,
        row.resolved_at,
    )  # fmt: skip


def open_ticket(
    unit: Unit, *, title: str = "", priority: Priority = Priority.NORMAL, by: str,
    person_id: str | None = None, connection_id: str | None = None, ticket_id: str | None = None,
    sealed_title: bytes | None = None, note: str = "",
) -> str:  # fmt: skip
    """Open a ticket in state new; gives its id. A title in clear must name nobody."""
    ticket_id = ticket_id or new_id()
    unit.execute(
        _ticket.insert().values(
            id=ticket_id, number=next_number(unit, "ticket"), title=title,
            sealed_title=sealed_title, person_id=person_id, connection_id=connection_id,
            state=TicketState.NEW.value, priority=priority.value, opened_at=unit.now,
            updated_at=unit.now,
        )
    )  # fmt: skip
    _note(unit, ticket_id, Act.OPENED, TicketState.NEW, TicketState.NEW, by, note)
    return ticket_id


def move_ticket(
    unit: Unit, ticket: StoredTicket, act: Act, by: str, note: str = "",
    to: TicketState | None = None, **values: Any,
) -> TicketState:  # fmt: skip
    """Do an act to a ticket; gives its new state.

    Raises `TicketActError` when its state does not allow it, `TicketMovedError` when it was moved
    meanwhile. `to` overrides where the act leads: to wait for somebody else after an answer.
    """
    target = after(ticket.state, act)
    target = to or target
    if target in OVER and ticket.state not in OVER:
        values["resolved_at"] = unit.now
    if target in LIVE:
        values["resolved_at"] = None
    values["snoozed_until"] = values.get("snoozed_until")
    moved = unit.changed(
        update(_ticket)
        .where(_ticket.c.id == ticket.id, _ticket.c.state == ticket.state.value)
        .values(state=target.value, updated_at=unit.now, **values)
    )
    if not moved:
        raise TicketMovedError(f"ticket T-{ticket.number} is no longer {ticket.state}")
    _note(unit, ticket.id, act, ticket.state, target, by, note)
    return target


def _note(
    unit: Unit, ticket_id: str, act: Act, source: TicketState, target: TicketState, by: str,
    note: str,
) -> None:  # fmt: skip
    unit.execute(
        tables.ticket_change.insert().values(
            id=new_id(), ticket_id=ticket_id, act=act.value, from_state=source.value,
            to_state=target.value, by=by, note=note[:500], at=unit.now,
        )
    )  # fmt: skip


def link_ticket(unit: Unit, ticket_id: str, links: Iterable[tuple[Link, str]]) -> None:
    """Tie a ticket to what it is about; a link that stands already changes nothing."""
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_link)
    for kind, subject_id in links:
        unit.execute(
            insert.values(
                ticket_id=ticket_id, kind=kind.value, subject_id=subject_id
            ).on_conflict_do_nothing()
        )


def links_of(connection: Connection, ticket_id: str) -> list[tuple[Link, str]]:
    """Give what a ticket is about."""
    query = select(_link.c.kind, _link.c.subject_id).where(_link.c.ticket_id == ticket_id)
    return [(Link(row.kind), row.subject_id) for row in connection.execute(query.order_by("kind"))]


def members_of(connection: Connection, ticket_id: str) -> list[str]:
    """Give a ticket and those merged into it: together they are its history."""
    query = select(_ticket.c.id).where(_ticket.c.merged_into == ticket_id)
    return [ticket_id, *connection.execute(query.order_by(_ticket.c.id)).scalars()]
