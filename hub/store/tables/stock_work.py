"""Tables of work in the stockroom: bins, what is to come, transfers, counts, imported lists."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant


class BinRow(SQLModel, table=True):
    """A place on the floor of a location; a picker passes a lower walk number first."""

    __tablename__ = "bin"

    location_id: str = Field(primary_key=True, foreign_key="location.id")
    code: str = Field(primary_key=True)
    walk: int


class StockBinRow(SQLModel, table=True):
    """Where the good units of an item lie at a location."""

    __tablename__ = "stock_bin"

    stock_item_id: str = Field(primary_key=True, foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(primary_key=True, foreign_key="location.id")
    code: str = Field(index=True)


class IncomingRow(SQLModel, table=True):
    """Units that somebody has promised to bring, and when; open until closed."""

    __tablename__ = "incoming"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="incoming_positive"),
        CheckConstraint("confidence BETWEEN 0 AND 100", name="incoming_confidence"),
        Index("ux_incoming_source", "source", "stock_item_id", unique=True),
        Index("ix_incoming_open", "stock_item_id", "expected_at",
              sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(foreign_key="location.id")
    quantity: int
    received: int = 0
    expected_at: datetime = Field(sa_type=UtcInstant)
    confidence: int = 100
    """Percent: how much of it is counted on by then."""
    source: str
    """Who brings it: `po:<line>`, `transfer:<id>`, `manual:<id>`; one row a source and item."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class TransferRow(SQLModel, table=True):
    """Units on their way from one location to another."""

    __tablename__ = "transfer"
    __table_args__ = (
        Index("ix_transfer_open", "id",
              sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    from_location_id: str = Field(foreign_key="location.id")
    to_location_id: str = Field(foreign_key="location.id")
    note: str = ""
    expected_at: datetime = Field(sa_type=UtcInstant)
    sent_at: datetime = Field(sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class TransferLineRow(SQLModel, table=True):
    """Units of one item in a transfer: sent = received + missing + on their way."""

    __tablename__ = "transfer_line"
    __table_args__ = (
        CheckConstraint(
            "received >= 0 AND missing >= 0 AND received + missing <= sent",
            name="transfer_line_adds_up",
        ),
    )

    transfer_id: str = Field(primary_key=True, foreign_key="transfer.id")
    stock_item_id: str = Field(primary_key=True, foreign_key="stock_promise.stock_item_id")
    sent: int
    received: int = 0
    missing: int = 0


class StockCountRow(SQLModel, table=True):
    """A count of what is really there, at one location."""

    __tablename__ = "stock_count"

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    location_id: str = Field(foreign_key="location.id")
    started_by: str
    started_at: datetime = Field(sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class StockCountLineRow(SQLModel, table=True):
    """One item to count: every number entered stays, beside what the books said then."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        Index("ux_stock_count_open", "stock_item_id", "location_id", unique=True,
              sqlite_where=text("state NOT IN ('booked', 'left')"),
              postgresql_where=text("state NOT IN ('booked', 'left')")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    count_id: str = Field(foreign_key="stock_count.id", index=True)
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id")
    location_id: str = Field(foreign_key="location.id")
    state: str = "to_count"
    entries: list[dict[str, Any]] = Field(sa_type=Json)
    """counted, book, by, at: in the order they were entered."""
    variance: int = 0
    """What was booked: counted less the books."""
    approved_by: str = ""


class StockImportRow(SQLModel, table=True):
    """A list of stock that was read, shown, and perhaps booked and taken back."""

    __tablename__ = "stock_import"

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    state: str = "planned"
    digest: str = Field(index=True)
    """Of the file: the same list again is told."""
    rows: list[dict[str, Any]] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcInstant)
    applied_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    undone_at: datetime | None = Field(default=None, sa_type=UtcInstant)
