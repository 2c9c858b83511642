"""Tables of service: operational exceptions, tickets, messages, what they are about, clocks."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant

_LIVE = text("closed_at IS NULL")
_DUE = text("state = 'running'")


class ExceptionRow(SQLModel, table=True):
    """Something that went wrong in operations; one live row per kind and subject."""

    __tablename__ = "operational_exception"
    __table_args__ = (
        Index("ux_exception_live", "kind", "subject_id", unique=True,
              sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_exception_opened", "opened_at", "id"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    kind: str
    subject_id: str
    order_id: str | None = Field(default=None, foreign_key="sales_order.id", index=True)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    severity: str
    state: str
    sentence: str
    times: int = 1
    opened_at: datetime = Field(sa_type=UtcInstant)
    seen_at: datetime = Field(sa_type=UtcInstant)
    settled_by: str = ""
    """Who acknowledged, ignored or closed it; the hub itself when the fact was repaired."""
    note: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class TicketRow(SQLModel, table=True):
    """A matter; what a customer called it is sealed under the customer's key."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_state", "state", "opened_at", "id"),
        Index("ix_ticket_person", "person_id", "opened_at"),
    )

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    title: str = ""
    """The hub's own words, naming nobody; empty where a customer gave the subject."""
    sealed_title: bytes | None = None
    person_id: str | None = Field(default=None, foreign_key="person.id")
    connection_id: str | None = Field(default=None, foreign_key="connection.id")
    """The mailbox it came in by, and is answered from."""
    state: str
    priority: str
    assignee: str = ""
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    merged_into: str | None = Field(default=None, index=True)
    """No foreign key: a move copies rows in no order of theirs."""
    opened_at: datetime = Field(sa_type=UtcInstant)
    updated_at: datetime = Field(sa_type=UtcInstant)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class TicketChangeRow(SQLModel, table=True):
    """Append-only: how a ticket came from one state to another, or to another place."""

    __tablename__ = "ticket_change"
    __table_args__ = (Index("ix_ticket_change_ticket", "ticket_id", "id"),)

    id: str = Field(primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id")
    act: str
    """A word of `hub.domain.tickets.Act`."""
    from_state: str
    to_state: str
    by: str
    note: str = ""
    at: datetime = Field(sa_type=UtcInstant)


class TicketMessageRow(SQLModel, table=True):
    """A message or a note; who wrote what to whom is sealed under the person's key."""

    __tablename__ = "ticket_message"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_hash"),
        Index("ix_ticket_message_ticket", "ticket_id", "id"),
    )

    id: str = Field(primary_key=True)
    ticket_id: str = Field(foreign_key="ticket.id")
    direction: str
    delivery: str = ""
    connection_id: str | None = Field(default=None, foreign_key="connection.id")
    external_hash: bytes | None = Field(default=None, index=True)
    """Keyed hash of the channel's id of the message: that of a mail names its sender's house."""
    external_id: str | None = None
    """The id itself where it is ours: of what went out, once it has one."""
    person_id: str | None = Field(default=None, foreign_key="person.id")
    """Under whose key it is sealed; notes of the hub itself name nobody and stand in clear."""
    sealed: bytes | None = None
    note: str = ""
    by: str = ""
    """Who of the house wrote it."""
    automatic: bool = False
    """Written by a machine: it starts no clock and is never answered."""
    sent_at: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)


class TicketLinkRow(SQLModel, table=True):
    """One thing a ticket is about."""

    __tablename__ = "ticket_link"
    __table_args__ = (Index("ix_ticket_link_subject", "kind", "subject_id"),)

    ticket_id: str = Field(primary_key=True, foreign_key="ticket.id")
    kind: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)


class SlaTimerRow(SQLModel, table=True):
    """The newest reckoning of one clock of a ticket, kept so that what is due can be found."""

    __tablename__ = "sla_timer"
    __table_args__ = (
        Index("ix_sla_timer_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    )

    ticket_id: str = Field(primary_key=True, foreign_key="ticket.id")
    kind: str = Field(primary_key=True)
    round: int = Field(primary_key=True)
    """1 for the first question; a further one of the customer begins a further round."""
    state: str
    target_s: int
    """Working seconds within which it was promised."""
    used_s: int = 0
    due_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """None while it is paused, and once it is over."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    policy_version: int = 0
