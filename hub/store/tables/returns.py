"""Tables of returns: facts and counters of goods that come back, and the money given for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import Json, UtcInstant

_OPEN = text("closed_at IS NULL")


class ReturnRow(SQLModel, table=True):
    """A return; each instant is the fact that something happened."""

    __tablename__ = "sales_return"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_sales_return_state", "state", "requested_at", "id"),
        Index("ix_sales_return_expiry", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    """RMA-1001."""
    order_id: str | None = Field(default=None, foreign_key="sales_order.id", index=True)
    """None: an orphan."""
    connection_id: str | None = Field(default=None, foreign_key="connection.id")
    external_id: str | None = None
    """The channel's own id, where the channel began it."""
    location_id: str | None = Field(default=None, foreign_key="location.id")
    """Where it is to be sent."""
    exchange_order_id: str | None = Field(default=None, foreign_key="sales_order.id")
    """The order that brings the customer other goods instead."""
    note: str = ""
    requested_by: str
    requested_at: datetime = Field(sa_type=UtcInstant)
    approved_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    declined_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    expired_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    question: str = ""
    """What a person has to answer before anything more is done by itself."""
    state: str
    """For lists only; computed by `hub.domain.returns`, read by no rule."""


class ReturnLineRow(SQLModel, table=True):
    """Units of one order line that come back; the database keeps the inequalities."""

    __tablename__ = "sales_return_line"
    __table_args__ = (
        CheckConstraint(
            "authorised >= 0 AND unexpected >= 0 AND received >= 0 AND missing >= 0"
            " AND kept >= 0 AND graded >= 0 AND disposed >= 0 AND settled >= 0 AND denied >= 0",
            name="return_counters_not_negative",
        ),
        CheckConstraint("received + missing <= authorised + unexpected", name="return_adds_up"),
        CheckConstraint("kept <= missing", name="kept_is_missing"),
        CheckConstraint("graded <= received", name="graded_came"),
        CheckConstraint("disposed <= graded", name="disposed_graded"),
        CheckConstraint("settled <= authorised", name="settled_authorised"),
        CheckConstraint("denied <= settled", name="denied_settled"),
    )

    id: str = Field(primary_key=True)
    return_id: str = Field(foreign_key="sales_return.id", index=True)
    order_line_id: str | None = Field(default=None, foreign_key="sales_order_line.id", index=True)
    stock_item_id: str | None = Field(default=None, foreign_key="stock_promise.stock_item_id")
    sku: str = ""
    title: str
    reason: str
    condition: str
    resolution: str
    exchange_sku: str = ""
    """What the customer gets instead; empty: the same again."""
    asked: int
    authorised: int = 0
    unexpected: int = 0
    received: int = 0
    missing: int = 0
    """Will not come: short, lost, or kept by the customer."""
    kept: int = 0
    """Those of them that the customer may keep, and is paid for all the same."""
    graded: int = 0
    disposed: int = 0
    settled: int = 0
    """Units whose money was decided about, whichever way."""
    denied: int = 0
    """Those of them for which nothing is given."""


class ReturnReceiptRow(SQLModel, table=True):
    """Immutable: units of a line that arrived somewhere; it is a movement of stock, once."""

    __tablename__ = "return_receipt"
    __table_args__ = (
        UniqueConstraint("command_id", "return_line_id", "reception"),
        CheckConstraint("quantity > 0", name="return_receipt_positive"),
    )

    id: str = Field(primary_key=True)
    command_id: str
    return_line_id: str = Field(foreign_key="sales_return_line.id", index=True)
    location_id: str | None = Field(default=None, foreign_key="location.id")
    """None where nothing arrived: short or lost."""
    quantity: int
    reception: str
    by: str
    note: str = ""
    at: datetime = Field(sa_type=UtcInstant)


class ReturnGradingRow(SQLModel, table=True):
    """Immutable: how good units of a line were found to be."""

    __tablename__ = "return_grading"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="return_grading_positive"),
        CheckConstraint("disposed >= 0 AND disposed <= quantity", name="return_grading_disposed"),
        CheckConstraint("settled >= 0 AND settled <= quantity", name="return_grading_settled"),
    )

    id: str = Field(primary_key=True)
    return_line_id: str = Field(foreign_key="sales_return_line.id", index=True)
    location_id: str = Field(foreign_key="location.id")
    grade: str
    quantity: int
    disposed: int = 0
    settled: int = 0
    """Units whose money was decided by this grade."""
    by: str
    note: str = ""
    at: datetime = Field(sa_type=UtcInstant)


class ReturnDispositionRow(SQLModel, table=True):
    """Immutable: what became of graded units; the only way by which a return moves stock on."""

    __tablename__ = "return_disposition"
    __table_args__ = (CheckConstraint("quantity > 0", name="return_disposition_positive"),)

    id: str = Field(primary_key=True)
    """The movement's command is `disposition:{id}`."""
    grading_id: str = Field(foreign_key="return_grading.id", index=True)
    disposition: str
    suggested: str
    """What the policy said; another choice has a reason."""
    quantity: int
    reason: str = ""
    by: str
    at: datetime = Field(sa_type=UtcInstant)


class ReturnParcelRow(SQLModel, table=True):
    """The parcel a customer sends: with a label of ours, or with one of their own."""

    __tablename__ = "return_parcel"

    id: str = Field(primary_key=True)
    return_id: str = Field(foreign_key="sales_return.id", index=True)
    connection_id: str | None = Field(default=None, foreign_key="connection.id")
    """The carrier that sells the label; None: the customer ships it as they like."""
    state: str
    """A word of `hub.records.shipment.ShipmentState`."""
    weight_g: int = 0
    service: str = ""
    tracking_number: str = Field(default="", index=True)
    tracking_url: str = ""
    label_external_id: str = ""
    label_format: str = ""
    sealed_label: bytes | None = None
    cost_minor: int | None = Field(default=None, sa_type=BigInteger)
    cost_currency: str | None = None
    created_at: datetime = Field(sa_type=UtcInstant)
    labelled_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    sent_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """The carrier's first scan, or the customer's word."""
    delivered_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ReturnRefundRow(SQLModel, table=True):
    """Money decided for units of a return; its id is the request id of the refund it asks for."""

    __tablename__ = "return_refund"
    __table_args__ = (CheckConstraint("amount_minor >= 0", name="return_refund_not_negative"),)

    id: str = Field(primary_key=True)
    return_id: str = Field(foreign_key="sales_return.id", index=True)
    kind: str
    """refund, or store_credit, which is recorded and paid out by nobody here."""
    state: str
    """awaiting_approval, agreed, asked, blocked, credited or dropped; then see `refund`."""
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    shipping_minor: int = Field(default=0, sa_type=BigInteger)
    """Outward shipping in it."""
    fee_minor: int = Field(default=0, sa_type=BigInteger)
    """Kept for the return label, and not in it."""
    lines: list[dict[str, Any]] = Field(sa_type=Json)
    """Per return line: units and money, as `hub.domain.returns_money` gave them."""
    reason: str = ""
    """Why it waits or is blocked."""
    agreed_by: str = ""
    pays_back: bool = True
    """Whether the shop is to pay; False only books what went back some other way."""
    created_at: datetime = Field(sa_type=UtcInstant)


class ReturnEventRow(SQLModel, table=True):
    """Append-only: the story of a return."""

    __tablename__ = "return_event"
    __table_args__ = (Index("ix_return_event", "return_id", "id"),)

    id: str = Field(primary_key=True)
    return_id: str = Field(foreign_key="sales_return.id")
    what: str
    """A sentence without any person in it."""
    by: str
    at: datetime = Field(sa_type=UtcInstant)
