"""Tables of work owed: events, jobs and attempts, effects, desired state, and the hub itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant

_PENDING = text("state IN ('ready', 'held', 'waiting')")
_RUNNING = text("state = 'running'")
_OPEN = text("state IN ('ready', 'held', 'waiting', 'running')")
_SENT = text("state = 'ready' AND dispatched_at IS NOT NULL")


class EventRow(SQLModel, table=True):
    """A fact; its reactions are jobs written in the same commit."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject", "subject_id", "id"),)

    id: str = Field(primary_key=True)
    kind: str
    subject_id: str
    connection_id: str | None = None
    at: datetime = Field(sa_type=UtcInstant)


class JobRow(SQLModel, table=True):
    """One execution owed or done: the truth about it, whatever the broker says.

    Transitions: T1–T23 in `hub/README.md`, implemented in `hub.store.jobs`.
    """

    __tablename__ = "sync_job"
    __table_args__ = (
        Index("ix_job_ready", "state", "run_at", "priority"),
        Index("ux_job_coalesce", "coalesce_key", unique=True,
              sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ux_job_serial", "serial_key", unique=True,
              sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_job_serial_open", "serial_key", "id",
              sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ux_job_reaction", "event_id", "kind", unique=True),
        Index("ix_job_lease", "lease_until", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ux_job_twin", "coalesce_key", unique=True,
              sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_job_sent", "connection_id", sqlite_where=_SENT, postgresql_where=_SENT),
        Index("ix_job_connection", "connection_id", "state", "priority", "run_at", "id"),
        Index("ix_job_subject", "subject", "id"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    kind: str
    queue: str
    connection_id: str | None = None
    subject: str = ""
    serial_key: str | None = None
    coalesce_key: str | None = None
    event_id: str | None = None
    priority: int = 100
    """Lower runs first."""
    payload: dict[str, Any] = Field(default={}, sa_type=Json)
    state: str = "ready"
    outcome: str = ""
    """ok, no_change, partial or business_failure, once it succeeded."""
    run_at: datetime = Field(sa_type=UtcInstant)
    deadline_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    attempt: int = 0
    max_attempts: int = 10
    crash_count: int = 0
    suspect: bool = False
    solo_deaths: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Child processes of its own that died of it."""
    token: int = 0
    """Fencing number: a worker that lost its lease can no longer finish."""
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    dispatched_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    dispatch_count: int = 0
    cancel_requested: bool = False
    hold_reason: str = ""
    wake_on: str | None = None
    last_error_class: str = ""
    last_error_text: str = ""
    counters: dict[str, int] = Field(default={}, sa_type=Json)
    """seen, created, updated, unchanged, skipped, quarantined, failed."""
    superseded_by: str | None = None
    correlation_id: str = ""
    caused_by: str | None = None
    created_at: datetime = Field(sa_type=UtcInstant)
    finished_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class JobAttemptRow(SQLModel, table=True):
    """Append-only: one try of a job."""

    __tablename__ = "job_attempt"
    __table_args__ = (Index("ix_attempt_ended", "ended_at"),)

    job_id: str = Field(primary_key=True, foreign_key="sync_job.id")
    token: int = Field(primary_key=True)
    worker: str
    started_at: datetime = Field(sa_type=UtcInstant)
    ended_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    transition: str = ""
    error_class: str = ""
    error_text: str = ""


class JobActRow(SQLModel, table=True):
    """Append-only: what was done to a job from outside a worker, by whom and why."""

    __tablename__ = "job_act"
    __table_args__ = (Index("ix_job_act", "job_id", "id"),)

    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="sync_job.id")
    at: datetime = Field(sa_type=UtcInstant)
    transition: str
    by: str
    reason: str = ""


class JobTallyRow(SQLModel, table=True):
    """What is still counted of jobs whose rows are gone, and of jobs that killed their process."""

    __tablename__ = "job_tally"

    kind: str = Field(primary_key=True)
    connection_id: str = Field(primary_key=True)
    """Empty where there is none."""
    counter: str = Field(primary_key=True)
    """A state, a counter of the jobs (seen, created …), or crash_loops."""
    total: int = Field(sa_type=BigInteger)


class EffectRow(SQLModel, table=True):
    """An outward call that spends or creates: its key is committed before the call."""

    __tablename__ = "effect"
    __table_args__ = (
        UniqueConstraint("connection_id", "key"),
        Index("ix_effect_state", "state", "id"),
        Index("ix_effect_subject", "subject_id"),
    )

    id: str = Field(primary_key=True)
    kind: str
    connection_id: str = Field(foreign_key="connection.id")
    key: str
    subject_id: str
    request_hash: bytes = b""
    """Of the request as first sent; a later send with another request is never made."""
    state: str = "prepared"
    """prepared, sent, succeeded, refused, unknown, needs_operator."""
    sends: int = 0
    probes_after_settle: int = 0
    replays_refused: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """How often the same key was refused after a lost answer: that proves nothing of the first."""
    sent_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    first_sent_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    settle_until: datetime | None = Field(default=None, sa_type=UtcInstant)
    probed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    vendor_ref: str = ""
    reason: str = ""
    job_id: str | None = None
    created_at: datetime = Field(sa_type=UtcInstant)
    updated_at: datetime = Field(sa_type=UtcInstant)


class EffectEventRow(SQLModel, table=True):
    """Append-only history of an effect."""

    __tablename__ = "effect_event"
    __table_args__ = (Index("ix_effect_event", "effect_id", "id"),)

    id: str = Field(primary_key=True)
    effect_id: str = Field(foreign_key="effect.id")
    from_state: str
    to_state: str
    note: str = ""
    at: datetime = Field(sa_type=UtcInstant)


class DesiredRow(SQLModel, table=True):
    """A versioned target on a channel: latest wins, read at send time, confirmed by read-back."""

    __tablename__ = "desired"
    __table_args__ = (
        Index("ix_desired_open", "connection_id", "field",
              sqlite_where=text("confirmed_version < desired_version"),
              postgresql_where=text("confirmed_version < desired_version")),
    )  # fmt: skip

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    field: str = Field(primary_key=True)
    """stock, tracking, listing or webhook."""
    target: str = Field(primary_key=True)
    """The listing's or order's hub id, or the topic of a webhook."""
    desired_version: int = 1
    sent_version: int = 0
    confirmed_version: int = 0
    sent_value: str = ""
    confirmed_value: str = ""
    problem: str = ""
    changed_at: datetime = Field(sa_type=UtcInstant)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PublishedRow(SQLModel, table=True):
    """Append-only: every quantity the hub has published."""

    __tablename__ = "published"

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    target: str = Field(index=True)
    value: str
    version: int
    at: datetime = Field(sa_type=UtcInstant)


class HubRow(SQLModel, table=True):
    """Facts about this hub itself: installation id, boot id, schema of the data."""

    __tablename__ = "hub"

    name: str = Field(primary_key=True)
    value: str
