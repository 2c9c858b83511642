"""Operational exceptions: opened once per kind and subject, with a ticket, closed when repaired."""

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.domain.tickets import (
    LIVE,
    ON_ITS_TICKET,
    PARCEL_KINDS,
    PRIORITY_OF,
    Act,
    title_of,
)
from hub.records.ticket import (
    ExceptionKind,
    ExceptionState,
    Link,
    Severity,
    TicketState,
)
from hub.services.work import owe
from hub.store import tables
from hub.store.ids import new_id
from hub.store.tickets import get_ticket, link_ticket, members_of, move_ticket, open_ticket
from hub.store.unit_of_work import Unit

_row = tables.operational_exception
HUB = "hub"


def open_exception(
    unit: Unit, kind: ExceptionKind, subject_id: str, sentence: str, order_id: str | None = None,
    severity: Severity = Severity.MAJOR,
) -> str:  # fmt: skip
    """Say that something went wrong with a subject; gives the exception's id.

    The same again, while it is not repaired, is counted and opens nothing. The sentence must name
    no person: it stands in clear.
    """
    again = unit.execute(
        update(_row)
        .where(_row.c.kind == kind.value, _row.c.subject_id == subject_id,
               _row.c.closed_at.is_(None))
        .values(times=_row.c.times + 1, seen_at=unit.now, sentence=sentence)
        .returning(_row.c.id)
    ).scalar()  # fmt: skip
    if again is not None:
        return str(again)
    made = new_id()
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_row)
    opened = unit.execute(
        insert.values(
            id=made, kind=kind.value, subject_id=subject_id, order_id=order_id,
            severity=severity.value, state=ExceptionState.OPEN.value, sentence=sentence,
            opened_at=unit.now, seen_at=unit.now,
        ).on_conflict_do_nothing().returning(_row.c.id)
    ).scalar()  # fmt: skip
    if opened is None:  # another writer opened it this instant: count it there
        return open_exception(unit, kind, subject_id, sentence, order_id, severity)
    ticket_id = _ticket_for(unit, kind, subject_id, sentence, order_id, severity)
    unit.execute(update(_row).where(_row.c.id == made).values(ticket_id=ticket_id))
    return made


def _ticket_for(
    unit: Unit, kind: ExceptionKind, subject_id: str, sentence: str, order_id: str | None,
    severity: Severity,
) -> str:  # fmt: skip
    if kind in ON_ITS_TICKET:
        return subject_id
    if kind in PARCEL_KINDS and (known := _ticket_of_parcel(unit, subject_id)) is not None:
        return known
    ticket_id = open_ticket(
        unit, title=title_of(kind), priority=PRIORITY_OF[severity], by=HUB, note=sentence,
        person_id=_customer_of(unit, order_id),
    )  # fmt: skip
    links = [(Link.ORDER, order_id)] if order_id else []
    links += [(Link.PARCEL, subject_id)] if kind in PARCEL_KINDS else []
    link_ticket(unit, ticket_id, links)
    owe(unit, "tend_ticket", ticket_id)
    return ticket_id


def _ticket_of_parcel(unit: Unit, shipment_id: str) -> str | None:
    """Give the ticket of what else is wrong with a parcel: one incident is one ticket."""
    query = select(_row.c.ticket_id).where(
        _row.c.subject_id == shipment_id, _row.c.closed_at.is_(None),
        _row.c.ticket_id.is_not(None), _row.c.kind.in_([kind.value for kind in PARCEL_KINDS]),
    )  # fmt: skip
    found: str | None = unit.execute(query.limit(1)).scalar()
    return found


def _customer_of(unit: Unit, order_id: str | None) -> str | None:
    if order_id is None:
        return None
    order, party = tables.sales_order, tables.party
    query = select(party.c.person_id).join(order, order.c.party_id == party.c.id)
    person: str | None = unit.execute(query.where(order.c.id == order_id)).scalar()
    return person


def close_exception(unit: Unit, kind: ExceptionKind, subject_id: str, note: str) -> bool:
    """Say that it is repaired: closes the exception and, when nothing else keeps it, its ticket.

    False when none was open.
    """
    row = unit.execute(
        update(_row)
        .where(_row.c.kind == kind.value, _row.c.subject_id == subject_id,
               _row.c.closed_at.is_(None))
        .values(state=ExceptionState.AUTO_RESOLVED.value, closed_at=unit.now, note=note,
                settled_by=HUB)
        .returning(_row.c.ticket_id)
    ).first()  # fmt: skip
    if row is None:
        return False
    if row.ticket_id is not None and kind not in ON_ITS_TICKET:
        _close_ticket(unit, row.ticket_id, note)
    return True


def _close_ticket(unit: Unit, ticket_id: str, note: str) -> None:
    ticket = get_ticket(unit.connection, ticket_id)
    if ticket.state not in LIVE | {TicketState.RESOLVED} or _still_troubled(unit, ticket_id):
        return
    if _customer_waits(unit, members_of(unit.connection, ticket.id)):
        return  # the fact is repaired, a question is not answered by that
    move_ticket(unit, ticket, Act.REPAIRED, HUB, note)
    owe(unit, "tend_ticket", ticket.id)


def resolve_exceptions(unit: Unit, ticket_id: str, by: str, note: str) -> int:
    """Take a person's word that what a ticket was opened for is settled; gives how many."""
    return unit.changed(
        update(_row)
        .where(_row.c.ticket_id == ticket_id, _row.c.closed_at.is_(None),
               _row.c.kind.not_in([kind.value for kind in ON_ITS_TICKET]))
        .values(state=ExceptionState.RESOLVED.value, closed_at=unit.now, settled_by=by, note=note)
    )  # fmt: skip


def settle_exception(
    unit: Unit, exception_id: str, state: ExceptionState, by: str, note: str
) -> bool:
    """Let a person acknowledge, ignore or resolve an exception; False when it is closed already.

    What is ignored stays silent until it is repaired and happens again.
    """
    over = {"closed_at": unit.now} if state == ExceptionState.RESOLVED else {}
    return bool(
        unit.changed(
            update(_row)
            .where(_row.c.id == exception_id, _row.c.closed_at.is_(None))
            .values(state=state.value, settled_by=by, note=note, **over)
        )
    )


def _still_troubled(unit: Unit, ticket_id: str) -> bool:
    live = select(_row.c.id).where(
        _row.c.ticket_id == ticket_id, _row.c.closed_at.is_(None),
        _row.c.kind.not_in([kind.value for kind in ON_ITS_TICKET]),
    )  # fmt: skip
    return unit.execute(live.limit(1)).first() is not None


def _customer_waits(unit: Unit, ticket_ids: list[str]) -> bool:
    """Say whether the newest message of a person is a customer's."""
    message = tables.ticket_message
    newest = (
        select(message.c.direction)
        .where(message.c.ticket_id.in_(ticket_ids), message.c.direction.in_(["in", "out"]),
               message.c.automatic.is_(False))
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
        .limit(1)
    )  # fmt: skip
    return unit.execute(newest).scalar() == "in"
