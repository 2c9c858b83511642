"""What a payment gateway may be able to do."""

from typing import Protocol, runtime_checkable

from hub.records.payment import PaymentEvent, PaymentRequest


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
