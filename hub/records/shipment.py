"""Parcels: what is to be shipped from where, the label, and where it is now."""

from enum import StrEnum

from hub.records.address import Party
from hub.records.base import Instant, Quantity, Record, Text, Word
from hub.records.money import Money


class FulfilmentState(StrEnum):
    """The life of the work given to one location."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    ON_HOLD = "on_hold"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class FulfilmentLine(Record):
    """Units of an order line that a location is to ship."""

    order_line_id: Word
    stock_item_id: Word
    sku: Text
    title: Text
    quantity: Quantity


class FulfilmentOrder(Record):
    """The lines of one order that ship from one location."""

    id: Word
    order_id: Word
    location_id: Word
    state: FulfilmentState
    lines: tuple[FulfilmentLine, ...]


class ShipmentState(StrEnum):
    """The way of a shipment; it only moves forward, except into an explicit return."""

    DRAFT = "draft"
    LABEL_PURCHASED = "label_purchased"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    DAMAGED = "damaged"
    VOIDED = "voided"


class Package(Record):
    """A box: weight in grams, dimensions in millimetres, contents by line."""

    weight_g: Quantity
    length_mm: Quantity | None = None
    width_mm: Quantity | None = None
    height_mm: Quantity | None = None
    contents: tuple[FulfilmentLine, ...] = ()


class Rate(Record):
    """What a carrier asks for a package with one of its services."""

    service: Word
    title: Text
    cost: Money
    transit_days: int | None = None


class LabelRequest(Record):
    """Everything a carrier needs to print a label."""

    reference: Word
    """Readable on the label: the order number."""
    service: Word | None = None
    ship_from: Party
    ship_to: Party
    package: Package


class LabelVoid(Record):
    """A label to give back, by the carrier's id of it."""

    label_external_id: Word


class LabelFormat(StrEnum):
    """The printable form of a label."""

    PDF = "pdf"
    PNG = "png"
    ZPL = "zpl"


class Label(Record):
    """A bought label."""

    external_id: Word
    service: Word
    tracking_number: Text = ""
    """Empty when the carrier does not track; it is never invented."""
    tracking_url: Text = ""
    cost: Money
    format: LabelFormat
    document: bytes
    """The printable file itself."""


class TrackingCode(StrEnum):
    """What a tracking event means."""

    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


class TrackingEvent(Record):
    """One scan of a parcel; the carrier's own words are kept beside our code."""

    tracking_number: Word
    code: TrackingCode
    carrier_code: Text = ""
    text: Text = ""
    place: Text = ""
    occurred_at: Instant


class Shipment(Record):
    """What left, or is about to leave, a location for one order."""

    id: Word
    order_id: Word
    fulfilment_order_id: Word
    location_id: Word
    state: ShipmentState
    packages: tuple[Package, ...]
    carrier: Text = ""
    service: Text = ""
    tracking_number: Text = ""
    tracking_url: Text = ""
    cost: Money | None = None
    handed_over_at: Instant | None = None


class ParcelNotice(Record):
    """One parcel as the shop should show it."""

    carrier: Text
    tracking_number: Text = ""
    tracking_url: Text = ""
    shipped_at: Instant
    lines: tuple[tuple[Word, Quantity], ...]
    """(the channel's line id, units in this parcel)."""


class ShipmentNotice(Record):
    """A shipment told to the shop where the order was placed."""

    order_external_id: Word
    parcel: ParcelNotice
    text: Text
    """What the customer reads."""


class OrderTracking(Record):
    """The state the shop's order should show: all its parcels, and whether it is complete."""

    order_external_id: Word
    parcels: tuple[ParcelNotice, ...]
    complete: bool
