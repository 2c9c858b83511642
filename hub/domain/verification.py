"""Payment verification: only a verdict `passed` lets an order be shipped."""

from collections.abc import Callable

from hub.records.money import from_minor
from hub.records.order import ChannelState, Order, PaymentTerms
from hub.records.payment import Check, PaymentVerification, Verdict
from hub.records.policy import Policy

RULE_VERSION = "trust_shop/1"


def total_of(order: Order) -> int:
    """Add up an order from its parts, in minor units: lines + tax + shipping + fees."""
    lines = sum(line.total_minor for line in order.lines)
    return lines + order.tax_minor + order.shipping_minor + order.fees_minor


def trust_shop(order: Order, expected_currency: str, policy: Policy) -> PaymentVerification:
    """Verify by the shop's own word, for shops without a gateway connected to the hub.

    Paid date present, status paid, parts add up to the total, currency as expected. A bank
    transfer waits for its paid date; cash on delivery passes by an explicit rule of the policy.
    """
    checks = (
        _adds_up(order),
        _currency_expected(order, expected_currency),
        _status_is_paid(order),
        _is_paid(order, policy),
    )
    return PaymentVerification(verdict=_verdict(checks), policy=RULE_VERSION, checks=checks)


def _verdict(checks: tuple[Check, ...]) -> Verdict:
    if any(check.passed is False for check in checks):
        return Verdict.FAILED
    if any(check.passed is None for check in checks):
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def _adds_up(order: Order) -> Check:
    parts, total = total_of(order), order.total_minor
    if parts == total:
        return Check(name="total", passed=True, reason="the parts add up to the total")
    difference = from_minor(total - parts, order.currency)
    reason = f"total and parts differ by {difference} {order.currency}"
    return Check(name="total", passed=False, reason=reason)


def _currency_expected(order: Order, expected: str) -> Check:
    right = not expected or order.currency == expected
    reason = f"{order.currency}, the shop settles in {expected or 'any currency'}"
    return Check(name="currency", passed=right, reason=reason)


def _status_is_paid(order: Order) -> Check:
    right = order.state in (ChannelState.OPEN, ChannelState.FINISHED)
    reason = f"the shop says {order.channel_status}"
    return Check(name="status", passed=True if right else None, reason=reason)


def _is_paid(order: Order, policy: Policy) -> Check:
    if order.paid_at is not None:
        return Check(name="paid", passed=True, reason=f"the shop says paid at {order.paid_at}")
    return _UNPAID[order.payment_terms](order, policy)


def _waits(sentence: str) -> Callable[[Order, Policy], Check]:
    return lambda order, policy: Check(name="paid", passed=None, reason=sentence)


def _cash_on_delivery(order: Order, policy: Policy) -> Check:
    if order.total_minor and not policy.accept_cash_on_delivery:
        return Check(name="paid", passed=None, reason="cash on delivery is not accepted")
    return Check(name="paid", passed=True, reason="cash on delivery: the carrier collects")


def _no_method(order: Order, policy: Policy) -> Check:
    if order.total_minor == 0:
        return Check(name="paid", passed=True, reason="nothing is owed")
    reason = "the shop names no payment method and no paid date"
    return Check(name="paid", passed=None, reason=reason)


_UNPAID: dict[PaymentTerms, Callable[[Order, Policy], Check]] = {
    PaymentTerms.ONLINE: _waits("the shop has no paid date yet"),
    PaymentTerms.BANK_TRANSFER: _waits("waiting for the bank transfer"),
    PaymentTerms.CASH_ON_DELIVERY: _cash_on_delivery,
    PaymentTerms.NONE: _no_method,
}
