"""Money that moves outside the hub: what a person said, recorded once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.sdk import (
    CAPABILITIES,
    CapturePayment,
    ConfigError,
    Money,
    Opening,
    PaymentEventKind,
    PaymentRequest,
    RefundPayment,
    RejectedError,
)
from hub.sdk.config import check_config
from hub_payments.offline import CONNECTOR, OfflinePayment, hub_connectors

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REQUEST = PaymentRequest(order_number="NYC-1001", amount=Money(minor=1990, currency="EUR"))


def no_network(base_url: str, **options: Any) -> Any:
    raise AssertionError("an offline payment asked for the network")


def opened(**config: Any) -> OfflinePayment:
    checked = check_config(CONNECTOR.config_schema, config)
    return OfflinePayment(Opening("c1", checked, no_network, clock=lambda: NOON))


def test_the_plugin_brings_one_connector() -> None:
    assert hub_connectors() == [CONNECTOR]


def test_every_capability_of_the_family_is_provided_or_refused_in_words() -> None:
    assert {*CONNECTOR.provides, *CONNECTOR.lacks} == set(CAPABILITIES["payments"])
    assert all(sentence.endswith(".") for sentence in CONNECTOR.lacks.values())
    assert isinstance(opened(), CapturePayment) and isinstance(opened(), RefundPayment)
    assert set(CONNECTOR.effects) == set(CONNECTOR.provides)


def test_a_persons_word_becomes_a_capture() -> None:
    event = opened(method="cheque").capture_payment(REQUEST, key="capture:1")
    assert event.kind is PaymentEventKind.CAPTURED
    assert (event.amount, event.method, event.occurred_at) == (REQUEST.amount, "cheque", NOON)


def test_a_refund_is_recorded_and_left_to_a_person() -> None:
    event = opened().refund_payment(REQUEST, key="refund:1")
    assert (event.kind, event.amount) == (PaymentEventKind.REFUNDED, REQUEST.amount)


def test_the_same_key_is_the_same_event_after_a_restart() -> None:
    assert opened().capture_payment(REQUEST, key="k") == opened().capture_payment(REQUEST, key="k")


def test_another_key_is_another_event() -> None:
    first, second = (opened().capture_payment(REQUEST, key=key) for key in ("k1", "k2"))
    assert first.reference != second.reference


@pytest.mark.parametrize("minor", [0, -1])
def test_an_amount_that_is_not_positive_is_refused(minor: int) -> None:
    request = PaymentRequest(order_number="1", amount=Money(minor=minor, currency="EUR"))
    with pytest.raises(RejectedError, match="cannot be paid by hand"):
        opened().refund_payment(request, key="k")


def test_the_account_is_known_again_whatever_its_capitals() -> None:
    assert opened(name=" My Bank ").check().id == opened(name="my bank").check().id


def test_an_unknown_way_of_payment_is_named_as_the_fault() -> None:
    with pytest.raises(ConfigError, match="method"):
        opened(method="barter")
