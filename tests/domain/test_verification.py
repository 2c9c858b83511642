"""Verification by the shop's word: every way to pay, and everything that may contradict it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.verification import total_of, trust_shop
from hub.records.order import ChannelState, Order, PaymentTerms
from hub.records.payment import Verdict
from hub.records.policy import Policy
from tests.records.order_example import PLACED, line, order

T, V = PaymentTerms, Verdict
FREE = {"lines": (line(total_minor=0),), "shipping_minor": 0, "tax_minor": 0, "total_minor": 0}

TABLE: list[tuple[dict[str, Any], Verdict]] = [
    ({}, V.PASSED),
    *(({"payment_terms": terms, "paid_at": PLACED}, V.PASSED) for terms in T),
    ({"payment_terms": T.ONLINE, "paid_at": None}, V.INCONCLUSIVE),
    ({"payment_terms": T.BANK_TRANSFER, "paid_at": None}, V.INCONCLUSIVE),
    ({"payment_terms": T.CASH_ON_DELIVERY, "paid_at": None}, V.PASSED),
    ({"payment_terms": T.NONE, "paid_at": None}, V.INCONCLUSIVE),
    ({"payment_terms": T.NONE, "paid_at": None, **FREE}, V.PASSED),
    ({"payment_terms": T.ONLINE, "paid_at": None, **FREE}, V.INCONCLUSIVE),
    ({"state": ChannelState.FINISHED}, V.PASSED),
    ({"state": ChannelState.DRAFT}, V.INCONCLUSIVE),
    ({"state": ChannelState.UNKNOWN}, V.INCONCLUSIVE),
    ({"state": ChannelState.CANCELLED}, V.INCONCLUSIVE),
    ({"total_minor": 4601}, V.FAILED),
    ({"total_minor": 4599}, V.FAILED),
    ({"fees_minor": 1}, V.FAILED),
    ({"fees_minor": -100, "total_minor": 4500}, V.PASSED),
    ({"discount_minor": 700}, V.PASSED),  # lines are net of it already
    ({"currency": "EUR"}, V.FAILED),
    ({"total_minor": 1, "paid_at": None, "currency": "EUR"}, V.FAILED),
]


@pytest.mark.parametrize(("fields", "verdict"), TABLE)
def test_the_shop_s_word_is_judged(fields: dict[str, Any], verdict: Verdict) -> None:
    found = trust_shop(order(**fields), "USD", Policy())
    assert found.verdict == verdict
    assert {check.name for check in found.checks} == {"total", "currency", "status", "paid"}
    assert all(check.reason for check in found.checks)


def test_a_shop_without_a_currency_may_settle_in_any() -> None:
    assert trust_shop(order(currency="EUR"), "", Policy()).verdict == V.PASSED


def test_cash_on_delivery_passes_by_an_explicit_rule_only() -> None:
    cash = order(payment_terms=T.CASH_ON_DELIVERY, paid_at=None)
    strict = Policy(accept_cash_on_delivery=False)
    assert trust_shop(cash, "USD", strict).verdict == V.INCONCLUSIVE
    free = order(payment_terms=T.CASH_ON_DELIVERY, paid_at=None, **FREE)
    assert trust_shop(free, "USD", strict).verdict == V.PASSED


def test_a_difference_is_named_in_the_order_s_own_currency() -> None:
    found = trust_shop(order(currency="JPY", total_minor=4610), "JPY", Policy())
    assert found.checks[0].reason == "total and parts differ by 10 JPY"


@given(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=8), st.integers(1, 10**6))
def test_no_order_whose_parts_do_not_add_up_is_ever_released(parts: list[int], off: int) -> None:
    tax, shipping, fees, *lines = parts
    one: Order = order(
        tax_minor=tax, shipping_minor=shipping, fees_minor=fees, total_minor=sum(parts),
        lines=tuple(line(str(n), total_minor=minor) for n, minor in enumerate(lines)),
    )  # fmt: skip
    assert total_of(one) == sum(parts)
    assert trust_shop(one, "USD", Policy()).verdict == V.PASSED
    for wrong in (sum(parts) + off, sum(parts) - off):
        lying = one.model_copy(update={"total_minor": wrong})
        assert trust_shop(lying, "USD", Policy()).verdict == V.FAILED
