"""Offline payment: bank transfers, cheques and cash, as a person says they moved.

There is no gateway behind it. A capture records that somebody saw the money arrive; a refund
records that somebody is to pay it out by hand. Neither moves money.
"""

import hashlib
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
    PaymentEventKind,
    PaymentRequest,
    PullPayments,
    RefundPayment,
    RejectedError,
    VoidPayment,
    hookimpl,
)

REPEATABLE = EffectTraits(key_retention=timedelta(days=36_500), settle=timedelta(0))
"""The event's reference is computed from the key: a repeat is the same event, none is late."""


class OfflinePayment:
    """One bank account or till, opened."""

    def __init__(self, opening: Opening) -> None:
        self._name = str(opening.config["name"]).strip()
        self._method = str(opening.config["method"])
        self._now = opening.clock

    def check(self) -> Account:
        """Name the account; there is nobody to ask."""
        return Account(id=self._name.casefold(), title=self._name)

    def capture_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Record a person's word that this money arrived; one event per key.

        Raises `RejectedError` for an amount that is not positive.
        """
        return self._event(PaymentEventKind.CAPTURED, request, key)

    def refund_payment(self, request: PaymentRequest, *, key: str) -> PaymentEvent:
        """Record money that a person is to pay out by hand; one event per key.

        Raises `RejectedError` for an amount that is not positive.
        """
        return self._event(PaymentEventKind.REFUNDED, request, key)

    def _event(self, kind: PaymentEventKind, request: PaymentRequest, key: str) -> PaymentEvent:
        if request.amount.minor <= 0:
            raise RejectedError(f"{request.amount} cannot be paid by hand", code="amount")
        return PaymentEvent(
            kind=kind,
            amount=request.amount,
            method=self._method,
            reference=reference(key),
            occurred_at=self._now(),
        )


def reference(key: str) -> str:
    """Give the reference of the event made under this key."""
    return f"offline-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


CONNECTOR = Connector(
    name="offline",
    title="Offline payment",
    family=Family.PAYMENTS,
    factory=OfflinePayment,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(CapturePayment, RefundPayment),
    lacks={
        PullPayments: "There is no gateway to ask; only a person knows whether the money came.",
        VoidPayment: "Nothing is reserved before the money comes, so there is nothing to let go.",
    },
    effects={CapturePayment: REPEATABLE, RefundPayment: REPEATABLE},
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the offline payment."""
    return [CONNECTOR]
