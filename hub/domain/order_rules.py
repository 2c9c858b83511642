"""Order rules: which of them fit an order, in the order written, and what they may ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hub.domain.condition_tokens import ConditionError
from hub.domain.conditions import (
    Condition,
    Type,
    Value,
    Variable,
    compile_condition,
)
from hub.records.money import exponent
from hub.records.order import Order
from hub.records.order_rules import OrderRule, OrderRules, RuleAction

VARIABLES: Mapping[str, Variable] = {
    "connection": Variable(Type.TEXT, "code of the shop it came from, such as NYC"),
    "number": Variable(Type.TEXT, "the shop's own number of it"),
    "placed_at": Variable(Type.INSTANT, "when it was placed, UTC"),
    "channel_status": Variable(Type.TEXT, "the shop's status, verbatim"),
    "currency": Variable(Type.TEXT, "ISO 4217, such as USD"),
    "total": Variable(Type.NUMBER, "what the customer pays, in the currency"),
    "shipping": Variable(Type.NUMBER, "of that, for shipping, without tax"),
    "discount": Variable(Type.NUMBER, "taken off the lines"),
    "tax": Variable(Type.NUMBER, "tax in it"),
    "refunded": Variable(Type.NUMBER, "given back so far"),
    "units": Variable(Type.NUMBER, "units over all lines"),
    "lines": Variable(Type.NUMBER, "how many lines"),
    "skus": Variable(Type.TEXTS, "the SKU of every line, as the shop writes it"),
    "titles": Variable(Type.TEXTS, "the title of every line"),
    "shipping_method": Variable(Type.TEXT, "the way of shipping the customer chose"),
    "payment_method": Variable(Type.TEXT, "how the customer pays, as the shop names it"),
    "payment_terms": Variable(Type.TEXT, "online, bank_transfer, cash_on_delivery or none"),
    "paid": Variable(Type.YES_NO, "the shop says when it was paid"),
    "verified": Variable(Type.YES_NO, "its payment passed verification"),
    "country": Variable(Type.TEXT, "where it goes, ISO 3166-1; empty where nobody says"),
    "can_ship": Variable(Type.YES_NO, "there is an address a parcel could go to"),
    "mapped": Variable(Type.YES_NO, "the hub knows what every line sells"),
    "tags": Variable(Type.TEXTS, "its tags, except those that rules placed"),
}
"""Every name a condition may use; `hub rules variables` prints it."""

NEEDS_VALUE = {
    RuleAction.TAG: "the tag", RuleAction.SET_SERVICE: "the carrier's service",
    RuleAction.SET_LOCATION: "the code of a location", RuleAction.NOTIFY: "the sentence",
    RuleAction.SET_SHIPPING: "together or available",
}  # fmt: skip


_SETS = frozenset({RuleAction.SET_SERVICE, RuleAction.SET_LOCATION, RuleAction.SET_SHIPPING})
"""Of several rules that set one of these, the first that fits decides."""


@dataclass(frozen=True)
class Known:
    """What the hub knows of an order beside the shop's own words."""

    connection: str
    country: str
    verified: bool
    can_ship: bool
    mapped: bool
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Firing:
    """A rule that fits an order, with the values it looked at."""

    rule: OrderRule
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Unanswered:
    """A rule that has no answer for an order, such as a division by zero."""

    rule: OrderRule
    reason: str


def faults(rules: OrderRules) -> list[str]:
    """Give a sentence for every mistake, naming the rule and the place in it."""
    return [fault for rule in rules.rules for fault in _faults(rule)]


def _faults(rule: OrderRule) -> list[str]:
    found = []
    try:
        compile_condition(rule.when, VARIABLES)
    except ConditionError as error:
        found.append(f"rules[{rule.name}].when, {error}")
    if rule.then in NEEDS_VALUE and not rule.value.strip():
        found.append(f"rules[{rule.name}].value: {rule.then} needs {NEEDS_VALUE[rule.then]}")
    if rule.then == RuleAction.SET_SHIPPING and rule.value not in ("together", "available"):
        found.append(f"rules[{rule.name}].value: together or available, not {rule.value!r}")
    if rule.hold_hours is not None and rule.then != RuleAction.HOLD:
        found.append(f"rules[{rule.name}].hold_hours: only a hold ends by itself")
    return found


def values_of(order: Order, known: Known) -> dict[str, Value]:
    """Give the value of every variable for one order; amounts in the currency's main unit."""
    unit = Decimal(10) ** exponent(order.currency)
    return {
        "connection": known.connection, "number": order.number, "placed_at": order.placed_at,
        "channel_status": order.channel_status, "currency": order.currency,
        "total": order.total_minor / unit, "shipping": order.shipping_minor / unit,
        "discount": order.discount_minor / unit, "tax": order.tax_minor / unit,
        "refunded": order.refunded_minor / unit,
        "units": Decimal(sum(line.quantity for line in order.lines)),
        "lines": Decimal(len(order.lines)),
        "skus": tuple(line.sku for line in order.lines),
        "titles": tuple(line.title for line in order.lines),
        "shipping_method": order.shipping_method, "payment_method": order.payment_method,
        "payment_terms": order.payment_terms.value, "paid": order.paid_at is not None,
        "verified": known.verified, "country": known.country, "can_ship": known.can_ship,
        "mapped": known.mapped, "tags": known.tags,
    }  # fmt: skip


def firings(
    rules: Sequence[OrderRule], values: Mapping[str, Value]
) -> tuple[list[Firing], list[Unanswered]]:
    """Give the rules that fit, in the order written, and those that have no answer.

    Of several rules that set the same thing, the first decides.
    """
    fitting: list[Firing] = []
    unanswered: list[Unanswered] = []
    decided: set[RuleAction] = set()
    for rule in rules:
        if not rule.enabled or rule.then in decided:
            continue
        condition = compile_condition(rule.when, VARIABLES)
        try:
            if not condition.fits(values):
                continue
        except ConditionError as error:
            unanswered.append(Unanswered(rule, error.sentence))
            continue
        fitting.append(Firing(rule, _told(condition, values)))
        if rule.then in _SETS:
            decided.add(rule.then)
    return fitting, unanswered


def _told(condition: Condition, values: Mapping[str, Value]) -> dict[str, Any]:
    """Give what a condition looked at, as JSON-ready data."""
    return {name: _plain(values[name]) for name in sorted(condition.names)}


def _plain(value: Value) -> Any:
    if isinstance(value, bool | str):
        return value
    return list(value) if isinstance(value, tuple) else str(value)
