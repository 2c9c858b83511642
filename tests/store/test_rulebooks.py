"""Rulebooks: every version stays, the highest is in force, the same again is no version."""

from hub.records.order_rules import OrderRules, RuleAction
from hub.services.rulebooks import put_in_force, rules_in_force
from hub.store import rulebooks
from hub.store.unit_of_work import Store

HOLD = {"name": "a", "when": "total > 5", "then": "hold"}
TAG = {"name": "a", "when": "total > 5", "then": "tag", "value": "x"}


def current(store: Store) -> tuple[int, OrderRules]:
    with store.reading() as database:
        known = rules_in_force(database, OrderRules)
    return known.version, known.rules


def test_without_any_file_the_defaults_hold(store: Store) -> None:
    assert current(store) == (0, OrderRules())


def test_each_change_is_a_version_and_the_newest_holds(store: Store) -> None:
    versions = [put_in_force(store, "order_rules", {"rules": [one]}, "ada")
                for one in (HOLD, HOLD, TAG, HOLD)]  # fmt: skip
    assert versions == [1, 1, 2, 3]
    version, rules = current(store)
    assert (version, rules.rules[0].then) == (3, RuleAction.HOLD)
    with store.reading() as database:
        past = rulebooks.history(database, "order_rules")
    assert [(one.version, one.document["rules"][0]["then"]) for one in past] == [
        (3, "hold"), (2, "tag"), (1, "hold"),
    ]  # fmt: skip


def test_rulebooks_do_not_mix(store: Store) -> None:
    with store.unit_of_work() as unit:
        rulebooks.apply(unit, "other", {"x": 1}, "ada")
    assert current(store)[0] == 0
