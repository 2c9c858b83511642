"""Tables of health: what was wrong, since when, and when it healed."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant

_UNHEALED = text("healed_at IS NULL")


class IncidentRow(SQLModel, table=True):
    """One trouble of a connection, from its first sign to its end; kept after it healed."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ux_incident_open", "connection_id", "what", unique=True,
              sqlite_where=_UNHEALED, postgresql_where=_UNHEALED),
        Index("ix_incident_opened", "opened_at"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    connection_id: str = ""
    """Empty: it is the hub's own trouble."""
    what: str
    """A word of `hub.domain.health.What`."""
    text: str
    opened_at: datetime = Field(sa_type=UtcInstant)
    seen_at: datetime = Field(sa_type=UtcInstant)
    healed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    times: int = 1
    """Failures counted, where it is made of failures."""
