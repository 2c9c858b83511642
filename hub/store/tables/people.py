"""Tables of personal data: the only place that names anybody, sealed under their own key."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant


class PersonRow(SQLModel, table=True):
    """A person the hub knows; deleting `wrapped_key` erases everything sealed under it."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    wrapped_key: bytes | None
    mail_hash: bytes | None = Field(default=None, unique=True)
    """Keyed hash of the lower-cased mail address, for look-up."""
    created_at: datetime = Field(sa_type=UtcInstant)
    erased_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PartyRow(SQLModel, table=True):
    """Names, addresses and note of one order, sealed; country and postal prefix stay in clear."""

    __tablename__ = "party"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    sealed: bytes
    country: str = ""
    postal_prefix: str = ""
