"""Tables of orders: facts and counters; statuses are derived."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant

ZERO = {"server_default": text("0")}
"""For counters that came later: rows exist already."""
NONE = {"server_default": ""}
"""The same for texts."""


class OrderRow(SQLModel, table=True):
    """An order; the document is the channel's word without the people in it."""

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_sales_order_phase", "phase", "placed_at", "id"),
        Index("ix_sales_order_placed", "placed_at", "id"),
    )

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    external_id: str
    number: str = Field(index=True)
    """Connection code and channel number: NYC-1001."""
    bare_number: str = Field(index=True)
    channel_state: str
    channel_status: str
    currency: str
    total_minor: int = Field(sa_type=BigInteger)
    placed_at: datetime = Field(sa_type=UtcInstant)
    updated_at: datetime = Field(sa_type=UtcInstant)
    payment_terms: str
    paid_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    verification: str = ""
    """The newest verdict, empty before the first."""
    party_id: str | None = Field(default=None, foreign_key="party.id")
    ship_country: str = ""
    can_ship: bool = False
    """Whether there is an address a parcel could be sent to."""
    ship_to_hash: bytes | None = None
    """Keyed hash of whom it goes to: tells that an address changed without knowing it."""
    refunded_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    """Given back by the shop's word, and never less than what the hub itself gave back."""
    refund_reserved_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    """Asked to be given back and not yet answered: counts as spent."""
    history: bool = False
    """It was finished at the shop before the hub came: nothing follows from it."""
    replaces_id: str | None = Field(default=None, index=True)
    """The order instead of which the hub made this one itself; no shop knows it."""
    wanted_service: str = Field(default="", sa_column_kwargs=NONE)
    """The carrier's service its labels are to be bought for; empty: as routing chooses."""
    wanted_location: str = Field(default="", sa_column_kwargs=NONE)
    """The code of the location it must ship from; empty: as routing chooses."""
    ships: str = Field(default="", sa_column_kwargs=NONE)
    """together, or available: what is there goes first; empty: as its connection says."""
    phase: str
    """For lists only; computed by `hub.domain.lifecycle`, read by no rule."""
    document: dict[str, Any] = Field(sa_type=Json)


class OrderLineRow(SQLModel, table=True):
    """A line with its counters; the database keeps the inequalities."""

    __tablename__ = "sales_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "external_id"),
        CheckConstraint(
            "reserved >= 0 AND allocated >= 0 AND shipped >= 0 AND cancelled >= 0",
            name="line_counters_not_negative",
        ),
        CheckConstraint(
            "reserved + allocated + shipped + cancelled <= quantity", name="line_adds_up"
        ),
        Index("ix_line_unmapped", "listing_external_id",
              sqlite_where=text("stock_item_id IS NULL"),
              postgresql_where=text("stock_item_id IS NULL")),
        Index("ix_line_item", "stock_item_id"),
        Index("ix_line_parent", "parent_line_id",
              sqlite_where=text("parent_line_id IS NOT NULL"),
              postgresql_where=text("parent_line_id IS NOT NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id")
    position: int
    external_id: str
    listing_external_id: str | None = None
    sku: str = ""
    title: str
    stock_item_id: str | None = Field(default=None, foreign_key="stock_promise.stock_item_id")
    quantity: int
    cancelled: int = 0
    reserved: int = 0
    allocated: int = 0
    shipped: int = 0
    stock_taken: int = 0
    """Units by which the channel has lowered its own stock."""
    refunded: int = Field(default=0, sa_column_kwargs=ZERO)
    """Units whose money was given back, shipped or not."""
    is_kit: bool = Field(default=False, sa_column_kwargs={"server_default": text("'0'")})
    """Its components are lines of their own, and carry its stock."""
    parent_line_id: str | None = None
    """The kit's line that this component belongs to; the channel knows that one only."""
    per_kit: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    """Units of this line in one unit of its parent."""
    promised_for: datetime | None = Field(default=None, sa_type=UtcInstant)
    """When the units it waits for are to be here; None while it waits for none, or nobody knows."""
    returned: int = Field(
        default=0,
        sa_column_kwargs=ZERO,
        sa_column_args=[
            CheckConstraint("returned >= 0 AND returned <= shipped", name="returned_was_shipped")
        ],
    )
    """Units that came back."""
    coming_back: int = Field(
        default=0,
        sa_column_kwargs=ZERO,
        sa_column_args=[
            CheckConstraint(
                "coming_back >= 0 AND coming_back + returned <= shipped", name="coming_back_shipped"
            )
        ],
    )
    """Units that may come back and have not yet."""


class HoldRow(SQLModel, table=True):
    """A reason not to ship; several may be open on one order."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("ux_hold_open_by", "order_id", "reason", "placed_by", unique=True,
              sqlite_where=text("released_at IS NULL"),
              postgresql_where=text("released_at IS NULL")),
        Index("ix_hold_expiry", "expires_at",
              sqlite_where=text("released_at IS NULL"),
              postgresql_where=text("released_at IS NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    reason: str
    note: str = ""
    placed_by: str
    placed_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """When it ends by itself; None: somebody must release it."""
    keeps_promise: bool = Field(default=True, sa_column_kwargs={"server_default": text("'1'")})
    """Whether the units stay reserved meanwhile."""
    released_by: str = ""
    released_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class DecisionRow(SQLModel, table=True):
    """An automatic decision with its inputs, candidates, rejections and rule version."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_subject", "subject_id", "id"),)

    id: str = Field(primary_key=True)
    subject_id: str
    kind: str
    outcome: str
    document: dict[str, Any] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcInstant)


class RefundRow(SQLModel, table=True):
    """Money given back: asked for by the hub, or shown by the shop; one row for both."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        UniqueConstraint("connection_id", "key"),
        CheckConstraint("amount_minor > 0", name="refund_positive"),
    )

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    connection_id: str = Field(foreign_key="connection.id")
    external_id: str | None = None
    """None until the shop has named it."""
    key: str | None = None
    """The key of the effect, when the hub makes it."""
    state: str
    """asked, refused, made, or gone: it was made and the shop shows it no longer."""
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    reason: str = ""
    pays_back: bool = True
    lines: list[dict[str, Any]] = Field(sa_type=Json)
    refunded_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)


class PaymentEventRow(SQLModel, table=True):
    """Append-only: what happened to an order's money, and who says so."""

    __tablename__ = "payment_event"
    __table_args__ = (UniqueConstraint("order_id", "source", "kind", "reference"),)

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id")
    source: str
    """The connection that said so."""
    kind: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    method: str = ""
    reference: str
    occurred_at: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)
