"""Tables of what is sold: variants of the hub, listings on the channels."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant

EMPTY = {"server_default": text("'{}'")}


class VariantRow(SQLModel, table=True):
    """A stock-keeping unit; names exactly one stock item."""

    __tablename__ = "variant"

    id: str = Field(primary_key=True)
    sku: str = Field(unique=True)
    title: str
    gtin: str = ""
    weight_g: int | None = None
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    created_at: datetime = Field(sa_type=UtcInstant)


class ListingRow(SQLModel, table=True):
    """A product or variation on a channel, what it shows, and which variant it sells."""

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_listing_sku", "connection_id", "sku"),
        Index("ix_listing_mapping", "mapping", "connection_id"),
    )

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    external_id: str
    parent_external_id: str | None = None
    kind: str
    state: str
    sku: str = ""
    gtin: str = ""
    title: str
    price_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = None
    weight_g: int | None = None
    tracking: str
    observed_quantity: int | None = None
    observed_at: datetime = Field(sa_type=UtcInstant)
    variant_id: str | None = Field(default=None, foreign_key="variant.id", index=True)
    mapping: str = "unmapped"
    wanted: dict[str, Any] = Field(default={}, sa_type=Json, sa_column_kwargs=EMPTY)
    """What the hub wants the channel to show: price, sale_price, title, description."""
