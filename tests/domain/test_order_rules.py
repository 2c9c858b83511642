"""Order rules: which fit, in which order, and how a mistake in one is told."""

from decimal import Decimal

from hub.domain.order_rules import VARIABLES, Known, faults, firings, values_of
from hub.records.order_rules import OrderRule, OrderRules, RuleAction
from tests.records.order_example import order

KNOWN = Known("NYC", "DE", verified=True, can_ship=True, mapped=True, tags=("vip",))


def rule(name: str, when: str, then: str = "tag", value: str = "x", **more: object) -> OrderRule:
    return OrderRule(name=name, when=when, then=RuleAction(then), value=value, **more)  # type: ignore[arg-type]


def test_every_variable_of_the_table_has_a_value_of_its_type() -> None:
    values = values_of(order(), KNOWN)
    assert set(values) == set(VARIABLES)
    asking = {
        "yes or no": "{}", "number": "{} >= 0", "text": "{}.length >= 0",
        "instant": "{}.year > 2000", "list of texts": "{}.length >= 0",
    }  # fmt: skip
    rules = [
        rule(name.replace("_", "-"), asking[one.type].format(name))
        for name, one in VARIABLES.items()
    ]
    _, unanswered = firings(rules, values)
    assert (faults(OrderRules(rules=tuple(rules))), unanswered) == ([], [])


def test_the_first_that_sets_a_service_decides_and_tags_add_up() -> None:
    rules = [
        rule("cheap", "total > 0", "set_service", "economy"),
        rule("fast", "'vip' in tags", "set_service", "express"),
        rule("a", "country == 'DE'"),
        rule("b", "country == 'DE'"),
        rule("off", "true", enabled=False),
    ]
    fitting, _ = firings(rules, values_of(order(), KNOWN))
    assert [one.rule.name for one in fitting] == ["cheap", "a", "b"]


def test_a_firing_keeps_what_it_looked_at() -> None:
    (fired,), _ = firings([rule("a", "verified and country == 'DE'")], values_of(order(), KNOWN))
    assert fired.inputs == {"country": "DE", "verified": True}


def test_a_rule_without_an_answer_is_told_and_the_others_go_on() -> None:
    values = {**values_of(order(), KNOWN), "lines": Decimal(0)}
    fitting, unanswered = firings([rule("a", "total / lines > 1"), rule("b", "true")], values)
    assert [one.rule.name for one in fitting] == ["b"]
    assert [one.rule.name for one in unanswered] == ["a"]


def test_every_mistake_names_its_rule_and_its_place() -> None:
    wrong = OrderRules(
        rules=(
            rule("one", "totl > 5"),
            rule("two", "total > 5", "set_service", ""),
            rule("three", "total > 5", "tag", "x", hold_hours=4),
        )
    )
    assert [fault[:28] for fault in faults(wrong)] == [
        "rules[one].when, column 1: t",
        "rules[two].value: set_servic",
        "rules[three].hold_hours: onl",
    ]
