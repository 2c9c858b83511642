"""Tables of fulfilment: work given to locations, shipments with their label, scans of parcels."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant


class FulfilmentOrderRow(SQLModel, table=True):
    """The lines of one order that ship from one location."""

    __tablename__ = "fulfilment_order"

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    location_id: str = Field(foreign_key="location.id")
    state: str = "open"
    created_at: datetime = Field(sa_type=UtcInstant)


class ShipmentRow(SQLModel, table=True):
    """A parcel of one fulfilment order; the label file names a person and is sealed."""

    __tablename__ = "shipment"
    __table_args__ = (
        UniqueConstraint("fulfilment_order_id", "generation"),
        Index("ix_shipment_state", "state", "id"),
    )

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="sales_order.id", index=True)
    fulfilment_order_id: str = Field(foreign_key="fulfilment_order.id")
    location_id: str = Field(foreign_key="location.id")
    generation: int = 1
    """Counts the boxes of this work, and one more after each void: no slot is filled twice."""
    connection_id: str = Field(foreign_key="connection.id")
    """The carrier that is to carry it."""
    state: str = "draft"
    weight_g: int
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
    handed_over_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ShipmentLineRow(SQLModel, table=True):
    """Units of an order line in a shipment."""

    __tablename__ = "shipment_line"

    shipment_id: str = Field(primary_key=True, foreign_key="shipment.id")
    order_line_id: str = Field(primary_key=True, foreign_key="sales_order_line.id")
    quantity: int


class TrackingEventRow(SQLModel, table=True):
    """Append-only: one scan of a parcel."""

    __tablename__ = "tracking_event"
    __table_args__ = (UniqueConstraint("shipment_id", "code", "occurred_at", "place"),)

    id: str = Field(primary_key=True)
    shipment_id: str = Field(foreign_key="shipment.id")
    code: str
    carrier_code: str = ""
    text: str = ""
    place: str = ""
    occurred_at: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)
