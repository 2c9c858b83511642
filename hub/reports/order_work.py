"""What was worked on an order: its axes, edits, tags, notes, and what is wanted of its shipping."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.axes import Axes, AxisFacts, axes
from hub.domain.lifecycle import LineCounters
from hub.records.order import ChannelState
from hub.records.payment import PaymentEventKind
from hub.reports.timeline import edit_told
from hub.store import tables


@dataclass(frozen=True)
class EditDetail:
    """A change after the order was placed, as a difference, with what each party said."""

    state: str
    changes: tuple[dict[str, Any], ...]
    answers: tuple[dict[str, Any], ...]
    proposed_at: datetime
    settled_at: datetime | None

    @property
    def told(self) -> str:
        """Say the difference in words: TEE 2 → 1, another address."""
        return edit_told(self.changes)


@dataclass(frozen=True)
class Wishes:
    """What the merchant wants of its shipping; empty where routing is free."""

    service: str
    location: str
    ships: str


def axes_of(database: Connection, row: Any) -> Axes:
    """Derive the four axes of an order from its facts."""
    line, paid, back = tables.order_line, tables.payment_event, tables.sales_return
    lines = database.execute(
        select(line).where(line.c.order_id == row.id, line.c.is_kit.is_(False))
    ).all()
    captured = select(func.coalesce(func.sum(paid.c.amount_minor), 0)).where(
        paid.c.order_id == row.id, paid.c.kind == PaymentEventKind.CAPTURED.value
    )
    coming = select(func.count()).where(back.c.order_id == row.id, back.c.closed_at.is_(None))
    return axes(
        AxisFacts(
            ChannelState(row.channel_state),
            tuple(
                LineCounters(
                    mapped=one.stock_item_id is not None, quantity=one.quantity,
                    cancelled=one.cancelled, shipped=one.shipped,
                )
                for one in lines
            ),
            row.total_minor, int(database.execute(captured).scalar_one()), row.refunded_minor,
            sum(one.returned for one in lines), int(database.execute(coming).scalar_one()),
        )
    )  # fmt: skip


def tags_of(database: Connection, order_id: str) -> tuple[str, ...]:
    """Give its tags by name."""
    tag = tables.order_tag
    query = select(tag.c.tag).where(tag.c.order_id == order_id).order_by(tag.c.tag)
    return tuple(database.execute(query).scalars())


def notes_of(database: Connection, order_id: str) -> int:
    """Count what people wrote about it."""
    note = tables.order_note
    query = select(func.count()).where(note.c.order_id == order_id)
    return int(database.execute(query).scalar_one())


def edits_of(database: Connection, order_id: str) -> tuple[EditDetail, ...]:
    """Give its changes after it was placed, oldest first."""
    edit = tables.order_edit
    rows = database.execute(select(edit).where(edit.c.order_id == order_id).order_by(edit.c.id))
    return tuple(
        EditDetail(
            row.state, tuple(row.changes), tuple(row.answers), row.proposed_at, row.settled_at
        )
        for row in rows
    )
