"""Tables of buying: suppliers, proposals, purchase orders, announced and received deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant

_OPEN = text("state IN ('proposed', 'accepted')")


class SupplierRow(SQLModel, table=True):
    """Who sells to the merchant; whom to write to is a sealed party."""

    __tablename__ = "supplier"

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    title: str
    state: str = "active"
    currency: str
    lead_days: int = 14
    order_cost: str = "0"
    party_id: str | None = Field(default=None, foreign_key="party.id")
    created_at: datetime = Field(sa_type=UtcInstant)


class SupplierItemRow(SQLModel, table=True):
    """What a supplier asks for one variant, and what was learned of its deliveries."""

    __tablename__ = "supplier_item"
    __table_args__ = (
        UniqueConstraint("supplier_id", "variant_id"),
        CheckConstraint("moq > 0 AND pack > 0", name="sold_in_something"),
    )

    id: str = Field(primary_key=True)
    supplier_id: str = Field(foreign_key="supplier.id")
    variant_id: str = Field(foreign_key="variant.id", index=True)
    supplier_sku: str = ""
    currency: str
    moq: int = 1
    pack: int = 1
    prices: list[dict[str, Any]] = Field(sa_type=Json)
    lead_days: int | None = None
    is_primary: bool = False
    active: bool = True
    deliveries: int = 0
    """How many the learned numbers stand on."""
    lead_mean: float | None = None
    lead_deviation: float | None = None
    fill_rate: float | None = None


class ProposalRow(SQLModel, table=True):
    """Units that should be bought; the database allows one open row a variant and location."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index("ux_proposal_open", "variant_id", "location_id", unique=True,
              sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_proposal_state", "state", "id"),
        CheckConstraint("quantity > 0", name="proposal_positive"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    variant_id: str = Field(foreign_key="variant.id")
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    location_id: str = Field(foreign_key="location.id")
    supplier_item_id: str = Field(foreign_key="supplier_item.id")
    state: str = "proposed"
    quantity: int
    planned_quantity: int
    """What the rule said; a person may have changed the quantity."""
    unit_price: str
    currency: str
    rule: str
    policy_version: int
    edited_by: str = ""
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    reason: str = ""
    until: datetime | None = Field(default=None, sa_type=UtcInstant)
    """Dismissed: nothing is proposed here before."""
    expires_at: datetime = Field(sa_type=UtcInstant)
    purchase_line_id: str | None = Field(default=None, foreign_key="purchase_line.id")
    created_at: datetime = Field(sa_type=UtcInstant)


class PurchaseOrderRow(SQLModel, table=True):
    """What is bought from one supplier for one location: facts, and the state that follows."""

    __tablename__ = "purchase_order"
    __table_args__ = (Index("ix_purchase_order_state", "state", "id"),)

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    supplier_id: str = Field(foreign_key="supplier.id", index=True)
    location_id: str = Field(foreign_key="location.id")
    currency: str
    rate: str = "1"
    """What one unit of its currency was worth in the merchant's when it was made."""
    state: str = "draft"
    """For lists; computed by `hub.domain.purchasing` from what stands beside it."""
    note: str = ""
    supplier_reference: str = ""
    """How the supplier calls it."""
    created_at: datetime = Field(sa_type=UtcInstant)
    approved_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    approved_by: str = ""
    sent_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    sent_by: str = ""
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    expected_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    held_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    hold_reason: str = ""
    lost_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PurchaseLineRow(SQLModel, table=True):
    """Units of one variant in a purchase order; the database keeps the inequalities."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "position"),
        CheckConstraint(
            "acknowledged >= 0 AND announced >= 0 AND received_good >= 0 AND received_damaged >= 0"
            " AND cancelled >= 0 AND invoiced >= 0 AND over >= 0",
            name="purchase_counters_not_negative",
        ),
        CheckConstraint(
            "received_good + received_damaged + cancelled <= ordered + over",
            name="purchase_line_adds_up",
        ),
        CheckConstraint("cancelled <= ordered", name="purchase_cancelled_was_ordered"),
        CheckConstraint("acknowledged <= ordered", name="purchase_acknowledged_was_ordered"),
        CheckConstraint("ordered > 0", name="purchase_line_positive"),
    )

    id: str = Field(primary_key=True)
    purchase_order_id: str = Field(foreign_key="purchase_order.id")
    position: int
    variant_id: str = Field(foreign_key="variant.id")
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    supplier_item_id: str | None = Field(default=None, foreign_key="supplier_item.id", index=True)
    sku: str
    supplier_sku: str = ""
    title: str = ""
    unit_price: str
    ordered: int
    acknowledged: int = 0
    announced: int = 0
    received_good: int = 0
    received_damaged: int = 0
    cancelled: int = 0
    invoiced: int = 0
    over: int = 0
    """Received beyond what was ordered; each has its exception."""


class InboundRow(SQLModel, table=True):
    """A delivery that a supplier announced."""

    __tablename__ = "inbound_shipment"
    __table_args__ = (UniqueConstraint("purchase_order_id", "reference"),)

    id: str = Field(primary_key=True)
    purchase_order_id: str = Field(foreign_key="purchase_order.id")
    reference: str
    state: str = "expected"
    expected_at: datetime = Field(sa_type=UtcInstant)
    announced_at: datetime = Field(sa_type=UtcInstant)
    arrived_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class InboundLineRow(SQLModel, table=True):
    """Units of a purchase line in an announced delivery."""

    __tablename__ = "inbound_line"
    __table_args__ = (CheckConstraint("announced > 0 AND received >= 0", name="inbound_counters"),)

    inbound_id: str = Field(primary_key=True, foreign_key="inbound_shipment.id")
    purchase_line_id: str = Field(primary_key=True, foreign_key="purchase_line.id")
    announced: int
    received: int = 0


class ReceiptRow(SQLModel, table=True):
    """Immutable: what came of a purchase order at one time, once per command."""

    __tablename__ = "receipt"

    id: str = Field(primary_key=True)
    command_id: str = Field(unique=True)
    purchase_order_id: str = Field(foreign_key="purchase_order.id", index=True)
    inbound_id: str | None = Field(default=None, foreign_key="inbound_shipment.id")
    location_id: str = Field(foreign_key="location.id")
    received_by: str = ""
    received_at: datetime = Field(sa_type=UtcInstant)


class ReceiptPartRow(SQLModel, table=True):
    """Immutable: units of one line that came into one bucket, and what each cost."""

    __tablename__ = "receipt_part"
    __table_args__ = (CheckConstraint("quantity > 0", name="receipt_part_positive"),)

    receipt_id: str = Field(primary_key=True, foreign_key="receipt.id")
    purchase_line_id: str = Field(primary_key=True, foreign_key="purchase_line.id", index=True)
    bucket: str = Field(default="", primary_key=True)
    """Empty for good units."""
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id", index=True)
    quantity: int
    unit_cost: str
    """Exact, in the order's currency: it cannot be found out later."""
    currency: str
    rate: str = "1"
    """What one unit of the currency was worth in the merchant's on the day of the order."""
    note: str = ""


class DemandMonthRow(SQLModel, table=True):
    """What was asked for in one month, added up day by day: counted from the facts."""

    __tablename__ = "demand_month"
    # read as a whole and in order, by item: on SQLite the rows lie in the index itself
    __table_args__ = {"sqlite_with_rowid": False}

    stock_item_id: str = Field(primary_key=True)
    location_id: str = Field(primary_key=True)
    month: int = Field(primary_key=True)
    """Months since year 0."""
    units: int = 0
    squares: int = 0
    """Sum of the squares of each day's units."""
    sale_days: int = 0
    out_days: int = 0
    """Days with nothing to sell from morning to night: they say nothing about demand."""
    first_sale: int | None = None
    """Proleptic ordinal of the first day with a sale."""
