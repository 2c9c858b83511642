"""The table of how fast each vendor may be asked, and which one is left alone."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant


class PacingRow(SQLModel, table=True):
    """One connection's budget of calls and its breaker, shared by all processes."""

    __tablename__ = "pacing"

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    version: int = 1
    """Conditional updates name the one they saw."""
    full_at: datetime = Field(sa_type=UtcInstant)
    """When a bucket nobody takes from will be full again."""
    share: float = 1.0
    """Of the declared rate, until `cut_at`; then it doubles every minute."""
    cut_at: datetime = Field(sa_type=UtcInstant)
    closed_until: datetime = Field(sa_type=UtcInstant)
    """The vendor asked for patience until then."""
    breaker_opened_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """Null while calls flow."""
    breaker_probe_at: datetime = Field(sa_type=UtcInstant)
    breaker_probes: int = 0
    breaker_reason: str = ""
