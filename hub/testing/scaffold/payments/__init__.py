"""Connects the hub with payments through Acme."""

import json
from datetime import timedelta
from importlib.resources import files

from hub.sdk import (
    Account,
    CapturePayment,
    Connector,
    EffectTraits,
    Family,
    Opening,
    PaymentEvent,
    PaymentRequest,
    PullPayments,
    RateLimit,
    RefundPayment,
    VoidPayment,
    hookimpl,
)
from hub.testing.scaffold.payments import mapping
from hub.testing.scaffold.payments.client import Client

KEYED = EffectTraits(key_retention=timedelta(hours=24), settle=timedelta(minutes=2))
"""For a day the gateway answers a repeated key as it did the first time."""


class Acme:
    """One account, opened."""

    def __init__(self, opening: Opening) -> None:
        self._client = Client(opening)

    def check(self) -> Account:
        """Ask the gateway who we are; raises `AuthError` when it refuses the token."""
        return mapping.to_account(self._client.account())

    def pull_payments(self, payment_reference: str) -> tuple[PaymentEvent, ...]:
        """Give every event of the payment so far, oldest first."""
        return mapping.to_events(self._client.events(payment_reference))

    def capture_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Take the money, once per key."""
        return self._client.act("capture", request, key)

    def refund_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Give money back, once per key."""
        return self._client.act("refund", request, key)

    def void_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Let an authorisation go, once per key."""
        return self._client.act("void", request, key)


CONNECTOR = Connector(
    name="acme",
    title="Acme",
    family=Family.PAYMENTS,
    factory=Acme,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(PullPayments, CapturePayment, RefundPayment, VoidPayment),
    rate=RateLimit(calls=5, concurrency=2),
    effects={CapturePayment: KEYED, RefundPayment: KEYED, VoidPayment: KEYED},
    twin="hub.testing.scaffold.payments.twin:twin",
    links={"documentation": "https://developers.acme.example/"},
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the one connector of this plugin."""
    return [CONNECTOR]
