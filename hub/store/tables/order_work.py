"""Tables of the work on orders: edits, notes, tags."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant


class OrderEditRow(SQLModel, table=True):
    """A change of an order after it was placed, as a difference, with what each party said."""

    __tablename__ = "order_edit"
    __table_args__ = (
        Index("ux_order_edit_open", "order_id", unique=True,
              sqlite_where=text("state = 'proposed'"),
              postgresql_where=text("state = 'proposed'")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    state: str
    """proposed, confirmed, declined, or superseded by a newer one."""
    proposed_by: str
    changes: list[dict[str, Any]] = Field(sa_type=Json)
    """Line, SKU, units before and after; an empty line id means the address."""
    answers: list[dict[str, Any]] = Field(sa_type=Json)
    """Party, answer, reason, instant."""
    proposed_at: datetime = Field(sa_type=UtcInstant)
    settled_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class OrderNoteRow(SQLModel, table=True):
    """What somebody wrote about an order; it may name the customer, so it is sealed."""

    __tablename__ = "order_note"

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    sealed: bytes
    written_by: str
    written_at: datetime = Field(sa_type=UtcInstant)


class OrderTagRow(SQLModel, table=True):
    """A word that groups orders, and who put it there."""

    __tablename__ = "order_tag"
    __table_args__ = (Index("ix_order_tag_tag", "tag", "order_id"),)

    order_id: str = Field(primary_key=True, foreign_key="sales_order.id")
    tag: str = Field(primary_key=True)
    placed_by: str
    placed_at: datetime = Field(sa_type=UtcInstant)
