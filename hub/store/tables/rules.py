"""Tables of what the merchant decides: rulebooks, every version of them."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant


class RulebookRow(SQLModel, table=True):
    """Immutable: one version of one rulebook; the highest is in force."""

    __tablename__ = "rulebook"

    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=Json)
    applied_by: str
    applied_at: datetime = Field(sa_type=UtcInstant)
