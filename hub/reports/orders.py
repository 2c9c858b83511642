"""Lists of orders: by phase, by connection, by whatever a person would type to find one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, literal, or_, select, tuple_

from hub.records.money import Money
from hub.records.order import Phase
from hub.store import tables
from hub.store.orders import UnknownOrderError
from hub.store.sealing import Keyring

_order = tables.sales_order


@dataclass(frozen=True)
class OrderRow:
    """One order in a list."""

    id: str
    number: str
    connection: str
    phase: str
    channel_state: str
    channel_status: str
    verification: str
    total: Money
    placed_at: datetime
    holds: tuple[str, ...]


@dataclass(frozen=True)
class OrderFilter:
    """What a list of orders is narrowed to; empty fields narrow nothing."""

    phase: str = ""
    connection_id: str = ""
    search: str = ""
    tag: str = ""


def list_orders(
    database: Connection, keyring: Keyring, wanted: OrderFilter, limit: int, before: str = ""
) -> list[OrderRow]:
    """Give orders, the newest first; `before` is the id of the last order of an earlier page.

    Raises `UnknownOrderError` when there is no such order to go on from.
    """
    query = (
        select(_order, tables.connection.c.code)
        .join(tables.connection, tables.connection.c.id == _order.c.connection_id)
        .order_by(_order.c.placed_at.desc(), _order.c.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(_older_than(database, before))
    rows = database.execute(_narrowed(query, keyring, wanted)).all()
    holds = open_holds(database, [row.id for row in rows])
    return [
        OrderRow(
            id=row.id, number=row.number, connection=row.code, phase=row.phase,
            channel_state=row.channel_state, channel_status=row.channel_status,
            verification=row.verification, placed_at=row.placed_at,
            total=Money(minor=row.total_minor, currency=row.currency),
            holds=tuple(holds.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip


def orders_by_phase(database: Connection, connection_id: str = "") -> dict[str, int]:
    """Count orders by phase, in the order of the phases; one connection's, or all."""
    query = select(_order.c.phase, func.count()).group_by(_order.c.phase)
    if connection_id:
        query = query.where(_order.c.connection_id == connection_id)
    found = {phase: count for phase, count in database.execute(query)}
    return {phase.value: found[phase.value] for phase in Phase if phase.value in found}


def _older_than(database: Connection, order_id: str) -> ColumnElement[bool]:
    placed_at = database.execute(
        select(_order.c.placed_at).where(_order.c.id == order_id)
    ).scalar_one_or_none()
    if placed_at is None:
        raise UnknownOrderError("this page of the list is gone; begin again with the newest")
    here = tuple_(literal(placed_at, _order.c.placed_at.type), literal(order_id))
    return tuple_(_order.c.placed_at, _order.c.id) < here


def _narrowed(query: Select, keyring: Keyring, wanted: OrderFilter) -> Select:
    if wanted.phase:
        query = query.where(_order.c.phase == wanted.phase)
    if wanted.connection_id:
        query = query.where(_order.c.connection_id == wanted.connection_id)
    if wanted.tag:
        tag = tables.order_tag
        query = query.where(_order.c.id.in_(select(tag.c.order_id).where(tag.c.tag == wanted.tag)))
    text = wanted.search.strip()
    if "@" in text:
        return query.where(_order.c.id.in_(_of_person(keyring, text)))
    return query.where(_named(text)) if text else query


def _of_person(keyring: Keyring, mail: str) -> Select:
    """Find by the keyed hash of a mail address; the address itself is kept nowhere in clear."""
    digest = keyring.hash(mail.lower())
    person, party = tables.person, tables.party
    return (
        select(_order.c.id)
        .join(party, party.c.id == _order.c.party_id)
        .join(person, person.c.id == party.c.person_id)
        .where(person.c.mail_hash == digest)
    )


def _named(text: str) -> ColumnElement[bool]:
    line, shipment = tables.order_line, tables.shipment
    return or_(
        _order.c.number.startswith(text, autoescape=True),
        _order.c.bare_number.startswith(text, autoescape=True),
        _order.c.id == text,
        _order.c.id.in_(select(line.c.order_id).where(line.c.sku == text)),
        _order.c.id.in_(select(shipment.c.order_id).where(shipment.c.tracking_number == text)),
    )


def open_holds(database: Connection, order_ids: Iterable[str]) -> dict[str, list[str]]:
    """Give the reasons each of these orders is held for."""
    hold = tables.hold
    rows = database.execute(
        select(hold.c.order_id, hold.c.reason)
        .where(hold.c.order_id.in_(list(order_ids)), hold.c.released_at.is_(None))
        .order_by(hold.c.placed_at)
    )
    reasons: dict[str, list[str]] = {}
    for row in rows:
        known = reasons.setdefault(row.order_id, [])
        known += [] if row.reason in known else [row.reason]
    return reasons
