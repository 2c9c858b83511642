"""Work on the floor: cartons, batches of picking, boxes that were packed."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Instant, Quantity, Record, Text, Word

Millimetres = Annotated[int, Field(gt=0, le=20_000)]
"""A side; longer than 20 m is a typing mistake."""


class LabelWhen(StrEnum):
    """When the label of a location's parcel is bought."""

    ROUTED = "routed"
    """At once: for those who print a label and then fetch what belongs to it."""
    PACKED = "packed"
    """When the box is closed: its weight, its size and the number of boxes are known then."""


class Size(Record):
    """The three sides of a thing, in millimetres, in any order."""

    length_mm: Millimetres
    width_mm: Millimetres
    height_mm: Millimetres


class Carton(Record):
    """A box the merchant keeps: sides inside, own weight, and what it may carry, in grams."""

    code: Word
    title: Text = ""
    inner: Size
    tare_g: Quantity = 0
    max_g: Quantity | None = None


class PackLine(Record):
    """Units of one order line that are to be packed; weight and size are of one unit."""

    order_line_id: Word
    sku: Text = ""
    quantity: Annotated[int, Field(gt=0, le=1_000_000)]
    weight_g: Quantity | None = None
    size: Size | None = None


class PackedBox(Record):
    """One box: which carton, what it weighs, and the units of each order line in it."""

    carton: Word | None = None
    """None where no carton is known: somebody takes what is at hand."""
    weight_g: Quantity
    outer: Size | None = None
    contents: dict[Word, Quantity]


class PackingPlan(Record):
    """The boxes of one piece of work, and why they are these."""

    boxes: tuple[PackedBox, ...]
    reasons: tuple[Text, ...]
    rule_version: Word


class BatchState(StrEnum):
    """The life of a batch of picking; it follows from its facts."""

    PLANNED = "planned"
    RELEASED = "released"
    PICKING = "picking"
    PICKED = "picked"
    CLOSED = "closed"


class PickBatch(Record):
    """Work of several orders that one person fetches in one walk."""

    id: Word
    number: Word
    location_id: Word
    created_at: Instant
    created_by: Text
    released_at: Instant | None = None
    closed_at: Instant | None = None


class PickTask(Record):
    """Units to fetch from one bin for one order: quantity = picked + short + recalled + open."""

    id: Word
    batch_id: Word
    fulfilment_order_id: Word
    order_line_id: Word
    stock_item_id: Word
    bin: Text = ""
    position: int
    """Its place in the walk."""
    quantity: Quantity
    picked: Quantity = 0
    short: Quantity = 0
    """Not found where they should be."""
    recalled: Quantity = 0
    """Nobody wants them any more; what was picked of them goes back to the shelf."""
