"""Money events around an order, and the verdict that releases it."""

from enum import StrEnum

from hub.records.base import Instant, Record, Text, Word
from hub.records.money import Money


class PaymentEventKind(StrEnum):
    """What happened to the money; append-only, states are derived from these."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    FAILED = "failed"


class PaymentEvent(Record):
    """One thing that happened to an order's money, in the words of whoever saw it."""

    kind: PaymentEventKind
    amount: Money
    method: Text = ""
    reference: Word
    """The gateway's id of the event; unique per source and kind."""
    occurred_at: Instant


class Verdict(StrEnum):
    """Only `passed` releases an order."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Check(Record):
    """One question the verification asked, its answer, and the reason in words."""

    name: Word
    passed: bool | None
    """None: it could not be told yet."""
    reason: Text


class PaymentVerification(Record):
    """The verdict over an order's payment with every check that led to it."""

    verdict: Verdict
    policy: Word
    checks: tuple[Check, ...]


class PaymentRequest(Record):
    """A capture or refund asked of a gateway."""

    order_number: Word
    amount: Money
    payment_reference: Text = ""
    reason: Text = ""
