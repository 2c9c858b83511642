"""Tables of the floor: cartons, batches of picking and their tasks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.types import UtcInstant


class CartonRow(SQLModel, table=True):
    """A box the merchant keeps; sides inside in millimetres, weights in grams."""

    __tablename__ = "carton"
    __table_args__ = (
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="carton_has_room"),
    )

    code: str = Field(primary_key=True)
    title: str = ""
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int = 0
    max_g: int | None = None


class PickBatchRow(SQLModel, table=True):
    """Work of several orders, fetched in one walk; its state follows from its facts."""

    __tablename__ = "pick_batch"

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    location_id: str = Field(foreign_key="location.id", index=True)
    created_at: datetime = Field(sa_type=UtcInstant)
    created_by: str
    released_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PickTaskRow(SQLModel, table=True):
    """Units to fetch from one bin for one order line."""

    __tablename__ = "pick_task"
    __table_args__ = (
        CheckConstraint("picked >= 0 AND short >= 0 AND recalled >= 0", name="task_not_negative"),
        CheckConstraint("picked + short + recalled <= quantity", name="task_adds_up"),
        Index("ix_pick_task_batch", "batch_id", "position"),
        Index("ux_pick_task_open", "fulfilment_order_id", "order_line_id", unique=True,
              sqlite_where=text("picked + short + recalled < quantity"),
              postgresql_where=text("picked + short + recalled < quantity")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    batch_id: str = Field(foreign_key="pick_batch.id")
    fulfilment_order_id: str = Field(foreign_key="fulfilment_order.id", index=True)
    order_line_id: str = Field(foreign_key="sales_order_line.id")
    stock_item_id: str = Field(foreign_key="stock_promise.stock_item_id")
    bin: str = ""
    position: int
    quantity: int
    picked: int = 0
    short: int = 0
    recalled: int = 0
    put_back: int = 0
    """Units that were picked, are wanted no more, and went back to their shelf."""
    done_by: str = ""
    done_at: datetime | None = Field(default=None, sa_type=UtcInstant)
