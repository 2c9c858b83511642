# ruff: noqa: D103
"""What each field of the carrier's answers becomes."""

from datetime import UTC, datetime

import pytest

from hub.sdk import MappingError, TrackingCode
from hub.testing.scaffold.carrier.mapping import (
    LabelAnswer,
    RateAnswer,
    RatesAnswer,
    ScanAnswer,
    ScansAnswer,
    to_events,
    to_label,
    to_rates,
)


def label(**changes: object) -> LabelAnswer:
    given = {"id": "L-1", "service": "economy", "price": "4.20", "currency": "EUR",
             "tracking_number": "AC1", "document": b"%PDF-1.4", "voided": False}  # fmt: skip
    return LabelAnswer(**(given | changes))  # type: ignore[arg-type]


def rate(price: str) -> RateAnswer:
    return RateAnswer(service=f"s{price}", title="S", price=price, currency="EUR", days=1)


def test_the_cheapest_rate_comes_first() -> None:
    rates = to_rates(RatesAnswer(rates=[rate("9.80"), rate("4.20")]))
    assert [one.cost.minor for one in rates] == [420, 980]


def test_a_label_that_is_no_pdf_is_not_understood() -> None:
    with pytest.raises(MappingError, match="PDF"):
        to_label(label(document=b"<html>"))


def test_a_price_that_is_no_money_is_not_understood() -> None:
    with pytest.raises(MappingError, match="price"):
        to_label(label(price="free"))


def test_a_code_nobody_has_heard_of_moves_nothing() -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    scan = ScanAnswer(at=at, code="abducted", text="Abducted", place="Roswell")
    (event,) = to_events("AC1", ScansAnswer(scans=[scan]))
    assert (event.code, event.carrier_code) == (TrackingCode.UNKNOWN, "abducted")
