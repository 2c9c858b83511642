"""What a connector may be able to do: small protocols, one verb and one kind of record each.

Direction is seen from the hub: *pull* in, *push* out. A connector claims a capability by listing
its protocol in the descriptor and having its methods; it never raises `NotImplementedError`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hub.records.catalogue import ObservedStock, StockTarget
from hub.records.payment import PaymentEvent, PaymentRequest
from hub.records.shipment import (
    Label,
    LabelRequest,
    OrderTracking,
    Package,
    Rate,
    ShipmentNotice,
    TrackingEvent,
)
from hub.sdk.webhooks import Delivery, WebhookRequest


@dataclass(frozen=True)
class Page:
    """One page of a stream: each record's own raw bytes, and the cursor after it.

    The hub hashes the bytes first and maps only what changed. `cursor` is opaque text owned by the
    connector; it is stored in the same commit as the page. `last` says the walk has reached the
    present. `total` is the vendor's count for a progress bar, when it gives one.
    """

    items: tuple[bytes, ...]
    cursor: str
    last: bool = False
    total: int | None = None


@dataclass(frozen=True)
class Accepted:
    """The vendor did it, and how it names the result."""

    external_id: str


@dataclass(frozen=True)
class StockAnswer:
    """What became of one stock target; a batch answers per item."""

    external_id: str
    stored: int | None = None
    """The quantity the vendor says it stored; None when it did not say or did not store."""
    problem: str | None = None
    """The vendor's reason when it refused this item."""


@runtime_checkable
class PullOrders(Protocol):
    """Walk the orders changed since a cursor, oldest change first."""

    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        """Yield pages; with no cursor, from the beginning. Repeats are harmless, gaps are not."""
        ...

    def read_order(self, external_id: str) -> bytes:
        """Give one order's raw bytes as it is now (a webhook is only a doorbell).

        Raises `RejectedError` with code "not_found" when it is gone.
        """
        ...

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw order to the data of a `hub.records.order.Order`. Pure.

        Raises `MappingError` for what cannot be understood.
        """
        ...


@runtime_checkable
class PullProducts(Protocol):
    """Walk the products and variations changed since a cursor."""

    def pull_products(self, cursor: str | None) -> Iterator[Page]:
        """Yield pages of products and of their variations, each item one listing."""
        ...

    def to_listing(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw item to the data of a `hub.records.catalogue.Listing`. Pure."""
        ...


@runtime_checkable
class PullStock(Protocol):
    """Read what a channel shows, now."""

    def read_stock(self, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
        """Read the quantities of these listings; a listing that is gone is left out."""
        ...


@runtime_checkable
class PushStock(Protocol):
    """Set the quantity of listings: desired state, absolute numbers, safe to repeat."""

    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        """Set all these quantities and answer for each item."""
        ...


@runtime_checkable
class PushShipment(Protocol):
    """Tell the shop (and through it the customer) of a parcel. An effect."""

    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        """Create the notice, leaving `key` where `find_shipment` finds it."""
        ...

    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        """Look for a notice that was created under this key."""
        ...


@runtime_checkable
class PushTracking(Protocol):
    """Bring the shop's order to the state of its parcels. Desired state, safe to repeat."""

    def push_tracking(self, tracking: OrderTracking) -> None:
        """Store all parcels on the order, and complete it when they are all."""
        ...


@runtime_checkable
class ReceiveWebhooks(Protocol):
    """Verify and read the vendor's webhooks. Both methods are pure."""

    def verify(self, request: WebhookRequest) -> None:
        """Raise `SignatureError` unless the signature over the raw bytes is right."""
        ...

    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        """Say what the request is about; nothing when it is a ping."""
        ...


@runtime_checkable
class QuoteRates(Protocol):
    """Ask what a package costs."""

    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Give the services that would carry this package, cheapest first."""
        ...


@runtime_checkable
class BuyLabel(Protocol):
    """Buy a label. An effect that spends money."""

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy, giving the vendor `key` as idempotency key or as a reference it can be found by."""
        ...

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for a label bought under this key; only called when the traits promise look-up."""
        ...


@runtime_checkable
class VoidLabel(Protocol):
    """Give a label back. An effect."""

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        """Ask the carrier to void the label."""
        ...


@runtime_checkable
class TrackParcels(Protocol):
    """Follow parcels."""

    def track_parcel(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Give every scan so far, oldest first."""
        ...


@runtime_checkable
class CloseManifest(Protocol):
    """Close the day with the carrier. An effect."""

    def close_manifest(self, label_ids: Sequence[str], *, key: str) -> Accepted:
        """Close a manifest over these labels."""
        ...


@runtime_checkable
class ValidateAddress(Protocol):
    """Ask whether an address can be delivered to."""

    def validate_address(self, party: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the problems found, none when it is good."""
        ...


@runtime_checkable
class PullPayments(Protocol):
    """Ask the gateway what happened to a payment."""

    def pull_payments(self, payment_reference: str) -> tuple[PaymentEvent, ...]:
        """Give every event of the payment so far, oldest first."""
        ...


@runtime_checkable
class CapturePayment(Protocol):
    """Take the money. An effect."""

    def capture_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Capture, once per key."""
        ...


@runtime_checkable
class RefundPayment(Protocol):
    """Give money back. An effect."""

    def refund_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Refund, once per key."""
        ...


@runtime_checkable
class VoidPayment(Protocol):
    """Let an authorisation go. An effect."""

    def void_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Void, once per key."""
        ...


CAPABILITIES: Mapping[str, tuple[type, ...]] = {
    "storefront": (
        PullOrders, PullProducts, PullStock, PushStock, PushShipment, PushTracking, ReceiveWebhooks,
    ),
    "carrier": (QuoteRates, BuyLabel, VoidLabel, TrackParcels, CloseManifest, ValidateAddress),
    "payments": (PullPayments, CapturePayment, RefundPayment, VoidPayment),
    "support": (),
    "supplier": (),
}  # fmt: skip
"""Per family, everything a connector must provide or say in words that it lacks."""

__all__ = [
    "CAPABILITIES", "Accepted", "BuyLabel", "CapturePayment", "CloseManifest", "Package", "Page",
    "PullOrders", "PullPayments", "PullProducts", "PullStock", "PushShipment", "PushStock",
    "PushTracking", "QuoteRates", "ReceiveWebhooks", "RefundPayment", "StockAnswer",
    "TrackParcels", "ValidateAddress", "VoidLabel", "VoidPayment",
]  # fmt: skip
