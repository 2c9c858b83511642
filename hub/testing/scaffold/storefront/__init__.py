"""Connects the hub with shops on Acme."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from hub.sdk import (
    Account,
    AnswerReturn,
    CancelOrder,
    Connector,
    Delivery,
    Family,
    ListIdentities,
    ManageWebhooks,
    ObservedStock,
    Opening,
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
    StockAnswer,
    StockTarget,
    WebhookRequest,
    hookimpl,
)
from hub.testing.scaffold.storefront import mapping, webhooks
from hub.testing.scaffold.storefront.client import Client


class Acme:
    """One shop, opened."""

    def __init__(self, opening: Opening) -> None:
        self._client = Client(opening)
        self._secrets = (
            opening.secret("webhook_secret"),
            opening.secret("webhook_secret_previous"),
        )

    def check(self) -> Account:
        """Ask the shop who it is; raises `AuthError` when it refuses the token."""
        return mapping.to_account(self._client.account())

    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        """Yield the orders changed since the cursor, the oldest change first."""
        return self._client.pages("orders", cursor)

    def read_order(self, external_id: str) -> bytes:
        """Give one order as it is now."""
        return self._client.order(external_id)

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw order."""
        return mapping.to_order(raw)

    def pull_products(self, cursor: str | None) -> Iterator[Page]:
        """Yield the products changed since the cursor, the oldest change first."""
        return self._client.pages("products", cursor)

    def to_listing(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw product."""
        return mapping.to_listing(raw)

    def read_stock(self, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
        """Read the quantities these listings show."""
        return mapping.to_observed(self._client.stock([one.external_id for one in listings]))

    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        """Set these quantities; one answer for each."""
        wanted = {one.external_id: one.quantity for one in targets}
        return mapping.to_answers(self._client.set_stock(wanted))

    def verify(self, request: WebhookRequest) -> None:
        """Raise `SignatureError` unless the shop signed these bytes."""
        webhooks.verify(request, self._secrets)

    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        """Say which order or product the webhook is about."""
        return webhooks.read(request)


CONNECTOR = Connector(
    name="acme",
    title="Acme",
    family=Family.STOREFRONT,
    factory=Acme,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(PullOrders, PullProducts, PullStock, PushStock, ReceiveWebhooks),
    lacks={
        PushShipment: "Parcels are not announced yet; tell the customer yourself.",
        PushTracking: "Tracking numbers are not sent to the shop yet.",
        ReadRefunds: "Refunds made in the shop are not read yet.",
        RefundOrder: "Refund in the shop itself.",
        CancelOrder: "Cancel in the shop itself.",
        PushListing: "Prices and texts are kept in the shop itself.",
        ManageWebhooks: "Add the webhooks in the shop yourself.",
        ListIdentities: "Deleted orders and products are not noticed yet.",
        PullReturns: "Returns that customers ask for in the shop are not read yet.",
        AnswerReturn: "Answer returns in the shop itself.",
    },
    webhook_topics=webhooks.TOPICS,
    rate=RateLimit(calls=5, concurrency=2),
    twin="hub.testing.scaffold.storefront.twin:twin",
    links={"documentation": "https://developers.acme.example/"},
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the one connector of this plugin."""
    return [CONNECTOR]
