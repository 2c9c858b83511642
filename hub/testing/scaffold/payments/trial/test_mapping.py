# ruff: noqa: D103
"""What each field of the gateway's answers becomes."""

from datetime import UTC, datetime

import pytest

from hub.sdk import MappingError, Money, PaymentEventKind, PaymentRequest
from hub.testing.scaffold.payments.mapping import EventAnswer, from_request, to_event


def event(kind: str = "captured", amount: str = "12.50") -> EventAnswer:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return EventAnswer(id="e-1", kind=kind, amount=amount, currency="EUR", at=at)


def test_an_amount_becomes_minor_units() -> None:
    captured = to_event(event())
    assert (captured.kind, captured.amount.minor) == (PaymentEventKind.CAPTURED, 1250)


def test_a_kind_nobody_has_heard_of_is_never_guessed() -> None:
    with pytest.raises(MappingError, match="kind"):
        to_event(event(kind="teleported"))


def test_an_amount_that_is_none_is_named() -> None:
    with pytest.raises(MappingError, match="amount"):
        to_event(event(amount="all of it"))


def test_minor_units_become_decimal_text() -> None:
    request = PaymentRequest(order_number="NYC-1", amount=Money(minor=1250, currency="EUR"))
    assert from_request(request)["amount"] == "12.50"
