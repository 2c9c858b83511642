"""Outward calls that spend or create: what is owed, what is unknown, what needs a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from hub.store import tables

_effect = tables.effect


@dataclass(frozen=True)
class EffectRow:
    """One effect in a list."""

    id: str
    kind: str
    state: str
    connection: str
    order: str
    sends: int
    reason: str
    vendor_ref: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class EffectMoment:
    """One step in an effect's life."""

    at: datetime
    from_state: str
    to_state: str
    note: str


@dataclass(frozen=True)
class EffectHistory:
    """One effect with its whole life."""

    effect: EffectRow
    key: str
    subject_id: str
    first_sent_at: datetime | None
    sent_at: datetime | None
    settle_until: datetime | None
    moments: tuple[EffectMoment, ...]


def list_effects(database: Connection, state: str = "", limit: int = 50) -> list[EffectRow]:
    """Give effects, the newest first."""
    query = _query().order_by(_effect.c.id.desc()).limit(limit)
    if state:
        query = query.where(_effect.c.state == state)
    return [_row(row) for row in database.execute(query)]


def effect_history(database: Connection, effect_id: str) -> EffectHistory | None:
    """Give one effect in full; None when there is none."""
    row = database.execute(_query().where(_effect.c.id == effect_id)).one_or_none()
    if row is None:
        return None
    taken = tables.effect_event
    steps = database.execute(
        select(taken).where(taken.c.effect_id == effect_id).order_by(taken.c.id)
    )
    return EffectHistory(
        effect=_row(row), key=row.key, subject_id=row.subject_id, first_sent_at=row.first_sent_at,
        sent_at=row.sent_at, settle_until=row.settle_until,
        moments=tuple(
            EffectMoment(step.at, step.from_state, step.to_state, step.note) for step in steps
        ),
    )  # fmt: skip


def _query() -> Select:
    vendor, shipment, order = tables.connection, tables.shipment, tables.sales_order
    return (
        select(_effect, vendor.c.code, order.c.number)
        .join(vendor, vendor.c.id == _effect.c.connection_id)
        .outerjoin(shipment, shipment.c.id == _effect.c.subject_id)
        .outerjoin(order, order.c.id == shipment.c.order_id)
    )


def _row(row: Row[Any]) -> EffectRow:
    return EffectRow(
        id=row.id, kind=row.kind, state=row.state, connection=row.code, order=row.number or "",
        sends=row.sends, reason=row.reason, vendor_ref=row.vendor_ref, created_at=row.created_at,
        updated_at=row.updated_at,
    )  # fmt: skip
