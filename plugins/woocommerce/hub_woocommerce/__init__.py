"""Connects the hub with a WooCommerce shop."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from hub.sdk import (
    Accepted,
    Account,
    AnswerReturn,
    CancelOrder,
    Clock,
    Connector,
    Delivery,
    EffectTraits,
    Family,
    ListIdentities,
    ListingAnswer,
    ListingTarget,
    ManageWebhooks,
    ObservedStock,
    Opening,
    OrderTracking,
    Page,
    PullOrders,
    PullProducts,
    PullReturns,
    PullStock,
    PushListing,
    PushShipment,
    PushStock,
    PushTracking,
    RateLimit,
    ReadRefunds,
    ReceiveWebhooks,
    RefundOrder,
    RefundRequest,
    ReturnAnswer,
    Secret,
    ShipmentNotice,
    StockAnswer,
    StockTarget,
    Subscription,
    WebhookRequest,
    hookimpl,
)
from hub.sdk.http import BasicAuth, OAuth1
from hub_woocommerce import (
    account,
    cancellations,
    content,
    identities,
    listings,
    mapping,
    pull,
    refunding,
    refunds,
    shipments,
    stock,
    subscriptions,
    webhooks,
)
from hub_woocommerce.client import Shop
from hub_woocommerce.home import Home
from hub_woocommerce.refusals import classify


class WooCommerce:
    """One shop, opened."""

    def __init__(self, opening: Opening) -> None:
        self._url = _site(opening.config["url"])
        # Over plain http the shop ignores Basic; over https it needs no signing.
        keys = opening.secret("consumer_key"), opening.secret("consumer_secret")
        https = self._url.startswith("https:")
        auth = BasicAuth(*keys) if https else OAuth1(*keys, now=_seconds(opening.clock))
        self._shop = Shop(opening.http(self._url, auth=auth, classify=classify))
        self._currency = account.Currency(self._shop, opening.clock)
        self._open_statuses = frozenset(opening.config.get("order_statuses_open", ()))
        self._weight_unit = opening.config.get("weight_unit", "kg")
        self._home = Home(opening.account.address if opening.account else "")
        self._secrets = (
            opening.secret("webhook_secret"), opening.secret("webhook_secret_previous"),
        )  # fmt: skip

    def check(self) -> Account:
        """Ask the shop who it is; raises `AuthError` when it refuses the key."""
        return account.check(self._shop, self._url)

    # -- orders

    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        """Yield orders in any status but trash, in the order of their change."""
        return pull.orders(self._shop, cursor)

    def read_order(self, external_id: str) -> bytes:
        """Give one order as it is now, a trashed one too."""
        return self._shop.record(f"orders/{external_id}")

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw order."""
        return mapping.to_order(raw, self._open_statuses, self._home)

    # -- products and their stock

    def pull_products(self, cursor: str | None) -> Iterator[Page]:
        """Yield products in the order of their change, each followed by its variations."""
        return pull.products(self._shop, cursor, self._currency)

    def to_listing(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw product or variation."""
        return listings.to_listing(raw, self._weight_unit, self._home)

    def read_stock(self, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
        """Read the quantities of these listings."""
        return stock.read_stock(self._shop, listings)

    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        """Set these quantities, a hundred a request."""
        return stock.push_stock(self._shop, targets)

    # -- what customers see of products

    def push_listings(self, targets: Sequence[ListingTarget]) -> tuple[ListingAnswer, ...]:
        """Set prices and texts, a hundred products a request."""
        return content.push_listings(self._shop, targets)

    def read_listings(self, ids: Sequence[ListingTarget]) -> tuple[ListingTarget, ...]:
        """Read prices and texts."""
        return content.read_listings(self._shop, ids)

    # -- orders given back or given up

    def read_refunds(self, order_external_id: str) -> tuple[bytes, ...]:
        """Give every refund of an order."""
        return refunds.read_refunds(self._shop, order_external_id)

    def to_refund(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw refund."""
        return refunds.to_refund(raw, self._home)

    def refund_order(self, request: RefundRequest, *, key: str) -> Accepted:
        """Make a refund that carries the key."""
        return refunding.refund_order(self._shop, request, key)

    def find_refund(self, request: RefundRequest, *, key: str) -> Accepted | None:
        """Find the refund that carries the key."""
        return refunding.find_refund(self._shop, request, key)

    def cancel_order(self, order_external_id: str, reason: str, *, key: str) -> Accepted:
        """Cancel an order that is neither completed nor refunded."""
        return cancellations.cancel_order(self._shop, order_external_id, reason, key)

    def find_cancellation(self, order_external_id: str, *, key: str) -> Accepted | None:
        """Say whether the order is cancelled, or once was under this key."""
        return cancellations.find_cancellation(self._shop, order_external_id, key)

    def list_ids(
        self, kind: Literal["order", "listing"], since: datetime | None
    ) -> Iterator[tuple[str, ...]]:
        """Yield the ids of what is there."""
        return identities.list_ids(self._shop, kind, since)

    # -- parcels

    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        """Write the customer a note that carries the key."""
        return shipments.push_shipment(self._shop, notice, key)

    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        """Find the note that carries the key."""
        return shipments.find_shipment(self._shop, notice, key)

    def push_tracking(self, tracking: OrderTracking) -> None:
        """Keep the parcels in the order's meta data; complete the order after the last one."""
        shipments.push_tracking(self._shop, tracking)

    # -- goods that come back

    def answer_return(self, answer: ReturnAnswer, *, key: str) -> Accepted:
        """Write the customer a note that carries the key."""
        return shipments.answer_return(self._shop, answer, key)

    def find_answer(self, answer: ReturnAnswer, *, key: str) -> Accepted | None:
        """Find the note that carries the key."""
        return shipments.find_answer(self._shop, answer, key)

    # -- webhooks

    def verify(self, request: WebhookRequest) -> None:
        """Raise `SignatureError` unless this shop signed the request."""
        webhooks.verify(request, self._secrets, self._url)

    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        """Say which order or product the request is about."""
        return webhooks.read(request)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """List the shop's webhooks."""
        return subscriptions.list_subscriptions(self._shop)

    def put_subscription(self, topic: str, address: str, secret: Secret) -> Subscription:
        """Make one active webhook of this topic and address."""
        return subscriptions.put_subscription(self._shop, topic, address, secret)

    def remove_subscription(self, external_id: str) -> None:
        """Remove a webhook."""
        subscriptions.remove_subscription(self._shop, external_id)


def _seconds(clock: Clock) -> Callable[[], float]:
    return lambda: clock().timestamp()


def _site(url: str) -> str:
    """Accept the address of the interface for that of the site."""
    return url.partition("/wp-json")[0].rstrip("/")


_FOUND_WITHIN_72_S = EffectTraits(lookup=True, settle=timedelta(seconds=72))  # 60 s + 20 %

CONNECTOR = Connector(
    name="woocommerce",
    title="WooCommerce",
    family=Family.STOREFRONT,
    factory=WooCommerce,
    config_schema=json.loads(Path(__file__).with_name("config.schema.json").read_text("utf-8")),
    provides=(
        PullOrders, PullProducts, PullStock, PushStock, PushShipment, PushTracking, ReceiveWebhooks,
        ReadRefunds, RefundOrder, CancelOrder, PushListing, ManageWebhooks, ListIdentities,
        AnswerReturn,
    ),
    lacks={PullReturns: "WooCommerce knows no returns: begin them with `hub returns request`."},
    webhook_topics=webhooks.TOPICS,
    # WooCommerce itself has no limit; small hosts manage some ten reads a second in all.
    rate=RateLimit(calls=8, concurrency=2),
    # All are listed at once, but a web server lets PHP work on for a minute after we hung up.
    effects=dict.fromkeys(
        (PushShipment, RefundOrder, CancelOrder, AnswerReturn), _FOUND_WITHIN_72_S
    ),
    # Webhooks ride on the shop's own cron: up to a minute late, never repeated, and switched off
    # after a few failures. An idle poll costs the shop a tenth of a second.
    poll_every=timedelta(minutes=2),
    twin="hub_woocommerce.twin:twin",
    links={
        "documentation": "https://woocommerce.github.io/woocommerce-rest-api-docs/",
        "keys": "https://woocommerce.com/document/woocommerce-rest-api/",
        "webhooks": "https://woocommerce.com/document/webhooks/",
    },
)  # fmt: skip


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the one connector of this plugin."""
    return [CONNECTOR]
