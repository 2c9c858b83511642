"""What a shop may be able to do."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from hub.records.catalogue import ListingTarget, ObservedStock, StockTarget
from hub.records.connection import Subscription
from hub.records.payment import RefundRequest
from hub.records.returns import ReturnAnswer
from hub.records.shipment import OrderTracking, ShipmentNotice
from hub.sdk.capabilities.answers import Accepted, ListingAnswer, Page, StockAnswer
from hub.sdk.secrets import Secret
from hub.sdk.webhooks import Delivery, WebhookRequest


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
class PushListing(Protocol):
    """Set price and texts of listings: desired state, safe to repeat."""

    def push_listings(self, targets: Sequence[ListingTarget]) -> tuple[ListingAnswer, ...]:
        """Set what each target names, leave alone what it does not, answer for each item."""
        ...

    def read_listings(self, ids: Sequence[ListingTarget]) -> tuple[ListingTarget, ...]:
        """Read what these listings show now; a listing that is gone is left out."""
        ...


@runtime_checkable
class ReadRefunds(Protocol):
    """Read the refunds of an order: the order answer names them, this says what they are for."""

    def read_refunds(self, order_external_id: str) -> tuple[bytes, ...]:
        """Give every refund of an order as it is now, each in raw bytes of its own."""
        ...

    def to_refund(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw refund to the data of a `hub.records.payment.Refund`. Pure.

        Raises `MappingError` for what cannot be understood.
        """
        ...


@runtime_checkable
class RefundOrder(Protocol):
    """Refund an order at the shop. An effect that spends money."""

    def refund_order(self, request: RefundRequest, *, key: str) -> Accepted:
        """Refund, leaving `key` where `find_refund` finds it."""
        ...

    def find_refund(self, request: RefundRequest, *, key: str) -> Accepted | None:
        """Look for a refund that was made under this key."""
        ...


@runtime_checkable
class CancelOrder(Protocol):
    """Cancel an order at the shop. An effect."""

    def cancel_order(self, order_external_id: str, reason: str, *, key: str) -> Accepted:
        """Cancel, leaving `key` where `find_cancellation` finds it."""
        ...

    def find_cancellation(self, order_external_id: str, *, key: str) -> Accepted | None:
        """Look whether the order was cancelled under this key, or is cancelled anyway."""
        ...


@runtime_checkable
class PullReturns(Protocol):
    """Walk the returns that customers asked for at the shop, oldest change first."""

    def pull_returns(self, cursor: str | None) -> Iterator[Page]:
        """Yield pages; with no cursor, from the beginning. Repeats are harmless, gaps are not."""
        ...

    def to_return(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw return to the data of a `hub.records.returns.ChannelReturn`. Pure.

        Raises `MappingError` for what cannot be understood.
        """
        ...


@runtime_checkable
class AnswerReturn(Protocol):
    """Tell the shop, and through it the customer, what became of a return. An effect."""

    def answer_return(self, answer: ReturnAnswer, *, key: str) -> Accepted:
        """Answer, leaving `key` where `find_answer` finds it."""
        ...

    def find_answer(self, answer: ReturnAnswer, *, key: str) -> Accepted | None:
        """Look for an answer that was given under this key."""
        ...


@runtime_checkable
class ListIdentities(Protocol):
    """List ids alone: what a cursor cannot show, because it is gone, is found by comparing."""

    def list_ids(
        self, kind: Literal["order", "listing"], since: datetime | None
    ) -> Iterator[tuple[str, ...]]:
        """Yield pages of the ids that exist now; `since` limits it to what was made from then on.

        Listings include variations. An error on the way is raised: half a list proves nothing.
        """
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
class ManageWebhooks(Protocol):
    """Keep the vendor's webhook subscriptions: desired state, safe to repeat.

    A connector that offers this has `webhook_secret` and `webhook_secret_previous` among the
    `writeOnly` fields of its configuration; the hub fills them.
    """

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """List every subscription of the account, also those of others."""
        ...

    def put_subscription(self, topic: str, address: str, secret: Secret) -> Subscription:
        """Make the one subscription of this topic and address be there, active, signed so."""
        ...

    def remove_subscription(self, external_id: str) -> None:
        """Remove a subscription; one that is gone already is no error."""
        ...
