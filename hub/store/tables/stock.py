"""Tables of the two ledgers: the physical one and the promise, with their guarded projections."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant

ZERO = {"server_default": text("0")}
"""For counters that came later: rows exist already."""


class LocationRow(SQLModel, table=True):
    """A place that keeps stock."""

    __tablename__ = "location"

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    title: str
    kind: str = "warehouse"
    state: str = "active"
    country: str = ""
    priority: int = 100
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    label_when: str = Field(default="routed", sa_column_kwargs={"server_default": text("'routed'")})
    """Whether a parcel's label is bought when it is routed, or when its box is closed."""


class StockPromiseRow(SQLModel, table=True):
    """A stock item and what of it is promised: available = sellable − reserved − allocated."""

    __tablename__ = "stock_promise"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
    )

    stock_item_id: str = Field(primary_key=True)
    tracked: bool = True
    """False where the shop does not count it: everything may be promised."""
    sellable: int = 0
    """Units on hand over all locations, less the ones that do not count for sale."""
    reserved: int = 0
    allocated: int = 0
    version: int = 0


class StockLevelRow(SQLModel, table=True):
    """Units of one stock item at one location: the projection of the physical ledger.

    Free to allocate = on_hand − unsellable − allocated.
    """

    __tablename__ = "stock_level"
    __table_args__ = (CheckConstraint("allocated >= 0", name="level_allocated_not_negative"),)

    stock_item_id: str = Field(primary_key=True, foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(primary_key=True, foreign_key="location.id")
    on_hand: int = 0
    """All units in the building."""
    allocated: int = 0
    unsellable: int = Field(default=0, sa_column_kwargs=ZERO)
    """Those of them in buckets that do not count for sale."""


class StockBucketRow(SQLModel, table=True):
    """Units of one stock item at one location that are not simply good, and why."""

    __tablename__ = "stock_bucket"
    __table_args__ = (CheckConstraint("units >= 0", name="bucket_not_negative"),)

    stock_item_id: str = Field(primary_key=True, foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(primary_key=True, foreign_key="location.id")
    bucket: str = Field(primary_key=True)
    units: int = 0


class StockMovementRow(SQLModel, table=True):
    """Immutable double entry: units went from one account to another, once per command."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ux_stock_movement_reverses", "reverses", unique=True),
    )

    id: str = Field(primary_key=True)
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    quantity: int
    from_account: str
    to_account: str
    kind: str
    command_id: str = Field(unique=True)
    reason: str = ""
    reverses: str | None = None
    """The movement that this one takes back; nothing is taken back twice."""
    at: datetime = Field(sa_type=UtcInstant)


class ReservationRow(SQLModel, table=True):
    """Units of an order line promised without a place."""

    __tablename__ = "reservation"
    __table_args__ = (
        Index("ux_reservation_active", "order_line_id", unique=True,
              sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
        Index("ix_reservation_expiry", "expires_at",
              sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
        CheckConstraint("quantity > 0", name="reservation_positive"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    order_line_id: str = Field(foreign_key="sales_order_line.id")
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id")
    quantity: int
    state: str = "active"
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    created_at: datetime = Field(sa_type=UtcInstant)


class AllocationRow(SQLModel, table=True):
    """Units of an order line promised at a location: allocated = open + released + shipped."""

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("released + shipped <= allocated", name="allocation_adds_up"),
    )

    id: str = Field(primary_key=True)
    order_line_id: str = Field(foreign_key="sales_order_line.id", index=True)
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(foreign_key="location.id")
    fulfilment_order_id: str = Field(foreign_key="fulfilment_order.id", index=True)
    allocated: int
    released: int = 0
    shipped: int = 0
    picked: int = Field(
        default=0,
        sa_column_kwargs={"server_default": text("0")},
        sa_column_args=[CheckConstraint("picked >= 0 AND picked <= allocated", name="picked")],
    )
    """Units taken from the shelf; what is released again was put back."""
    packed: int = Field(
        default=0,
        sa_column_kwargs={"server_default": text("0")},
        sa_column_args=[CheckConstraint("packed >= 0 AND packed <= picked", name="packed")],
    )
