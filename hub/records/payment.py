"""Money events around an order, and the verdict that releases it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.records.base import Instant, Minor, Quantity, Record, Text, Word
from hub.records.money import Currency, Money


class PaymentEventKind(StrEnum):
    """What happened to the money; append-only, states are derived from these."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    REFUND_REVERSED = "refund_reversed"
    """A refund that was booked is booked no longer, by the word of whoever had booked it."""
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


Paid = Annotated[int, Field(gt=0, le=10**15)]
"""A positive amount in minor units of the currency named beside it."""


class RefundLine(Record):
    """What of a refund is for one line of the order; amounts in minor units."""

    line_external_id: Word
    quantity: Quantity = 0
    """Units that are given back; none when only money is."""
    amount_minor: Minor
    """With tax."""
    tax_minor: Minor = 0


class Refund(Record):
    """A refund as the shop shows it."""

    external_id: Word
    order_external_id: Word
    amount_minor: Paid
    currency: Currency
    reason: Text = ""
    refunded_at: Instant
    lines: tuple[RefundLine, ...] = ()
    """Empty when the shop does not say what the money is for."""
    key: Text = ""
    """The hub's own key when the hub made it."""


class RefundRequest(Record):
    """A refund asked of the shop where the order was placed."""

    order_external_id: Word
    amount_minor: Paid
    currency: Currency
    reason: Text = ""
    lines: tuple[RefundLine, ...] = ()
    """Empty: money alone, for no line in particular."""
    pays_back: bool = True
    """Whether the shop is to pay; False only books what was paid back some other way."""
