"""Tables of what is sold: variants of the hub, listings on the channels."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
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
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    kind: str = Field(default="simple", sa_column_kwargs={"server_default": "simple"})
    """`kit`: it is put together of its components when it is ordered."""
    sell_policy: str = Field(default="deny", sa_column_kwargs={"server_default": "deny"})
    """What happens beyond stock: `deny`, `backorder` or `preorder`."""
    sell_cap: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Units that may be sold beyond stock, over all channels."""
    sell_date: datetime | None = Field(default=None, sa_type=UtcInstant)
    """When a preorder can be shipped."""
    created_at: datetime = Field(sa_type=UtcInstant)


class KitComponentRow(SQLModel, table=True):
    """How many units of a variant one unit of a kit takes; no kit is inside itself."""

    __tablename__ = "kit_component"
    __table_args__ = (CheckConstraint("quantity > 0", name="kit_component_positive"),)

    kit_variant_id: str = Field(primary_key=True, foreign_key="variant.id")
    component_variant_id: str = Field(primary_key=True, foreign_key="variant.id", index=True)
    quantity: int


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
    stock_buffer: int | None = None
    """Units this listing is not shown; None: as many as its connection says."""
    wanted: dict[str, Any] = Field(default={}, sa_type=Json, sa_column_kwargs=EMPTY)
    """What the hub wants the channel to show: price, sale_price, title, description."""
