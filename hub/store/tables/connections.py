"""Tables of the outside world: connections, cursors, what came in, what is kept aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant


class ConnectionRow(SQLModel, table=True):
    """A configured vendor account; secrets sealed under a data key of its own."""

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("connector", "account_id"),)

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    connector: str
    family: str
    title: str
    state: str
    reason: str = ""
    writes: bool = False
    stock_master: bool = False
    """Its first sync opens the books: its quantities become the opening stock."""
    stock_policy: str = Field(
        default="hub_wins", sa_column_kwargs={"server_default": text("'hub_wins'")}
    )
    """What becomes of a number a person typed at the shop: hub_wins or channel_wins."""
    stock_buffer: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Units it is not shown: they are for the sales that nobody has reported yet."""
    epoch: int = 1
    """Fencing number: one more on every change of state or credentials."""
    concurrency: int = 2
    config: dict[str, Any] = Field(sa_type=Json)
    wrapped_key: bytes
    sealed_secrets: bytes
    previous_secrets: bytes | None = None
    """Those before the last renewal: a webhook under way may still be signed with them."""
    previous_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    account_id: str
    account: dict[str, Any] = Field(sa_type=Json)
    hook_token: str = Field(unique=True)
    books_opened_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    created_at: datetime = Field(sa_type=UtcInstant)


class CursorRow(SQLModel, table=True):
    """Where the pull of one stream stands; written in the same commit as the page before it."""

    __tablename__ = "cursor"

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    stream: str = Field(primary_key=True)
    position: str
    complete_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """When a walk first reached the present."""
    updated_at: datetime = Field(sa_type=UtcInstant)


class LinkRow(SQLModel, table=True):
    """External identity ↔ hub record, with the digest and version last landed."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_digest", "connection_id", "kind", "digest"),)

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    kind: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    hub_id: str = Field(index=True)
    digest: bytes
    version: str
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class RawPayloadRow(SQLModel, table=True):
    """The vendor's own bytes as last landed, sealed under the person's key; kept for a while."""

    __tablename__ = "raw_payload"

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    kind: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    person_id: str
    sealed: bytes
    received_at: datetime = Field(sa_type=UtcInstant, index=True)


class QuarantineRow(SQLModel, table=True):
    """A record a person must look at, with its raw body sealed."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "digest"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    kind: str
    external_id: str | None = None
    digest: bytes
    reason: str
    sealed: bytes
    state: str = "open"
    seen: int = 1
    created_at: datetime = Field(sa_type=UtcInstant)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class InboxRow(SQLModel, table=True):
    """One received webhook: stored before it is answered, processed later."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("connection_id", "dedupe_key"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    dedupe_key: str
    topic: str
    kind: str
    external_id: str
    deleted: bool = False
    sealed: bytes
    state: str = "new"
    reason: str = ""
    received_at: datetime = Field(sa_type=UtcInstant)
    processed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class HearingRow(SQLModel, table=True):
    """Counters of a day: changes that were found, and those no webhook ever told of."""

    __tablename__ = "hearing"

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    day: str = Field(primary_key=True)
    """The UTC date, 2026-11-22."""
    changes: int = 0
    unheard: int = 0


class UnheardRow(SQLModel, table=True):
    """A change that polling found; its webhook may still be on the way."""

    __tablename__ = "unheard"

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    external_id: str = Field(primary_key=True)
    found_at: datetime = Field(sa_type=UtcInstant)


class ExchangeRow(SQLModel, table=True):
    """One call to a vendor, redacted: what was asked, how it ended, how long it took."""

    __tablename__ = "exchange"
    __table_args__ = (Index("ix_exchange_connection_at", "connection_id", "at"),)

    id: str = Field(primary_key=True)
    connection_id: str
    method: str
    path: str
    status: int | None = None
    outcome: str
    elapsed_ms: int
    api_version: str = ""
    at: datetime = Field(sa_type=UtcInstant)


class ScheduleRow(SQLModel, table=True):
    """What should run when; a due slot becomes a job and moves `next_at` in one commit."""

    __tablename__ = "schedule"
    __table_args__ = (
        Index("ix_schedule_due", "next_at", sqlite_where=text("enabled"),
              postgresql_where=text("enabled")),
    )  # fmt: skip

    name: str = Field(primary_key=True)
    connection_id: str = Field(primary_key=True, default="")
    job_kind: str
    subject: str = ""
    every_s: int
    """Seconds between slots; with a cron, the longest pause between them."""
    next_at: datetime = Field(sa_type=UtcInstant)
    enabled: bool = True
    rests: bool = Field(default=False, sa_column_kwargs={"server_default": text("'0'")})
    """Switched off with its connection, not by a person: it comes back with it."""
    cron: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Five fields, read in `zone`; empty: every so many seconds."""
    zone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    set_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Who chose the rhythm; empty: the hub itself, which may change it."""
    last_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """When a slot of it last became a job."""
