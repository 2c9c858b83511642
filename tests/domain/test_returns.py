"""Returns by their pure rules: where goods and money are, what the policy says, what is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.domain import returns_policy
from hub.domain.returns import (
    CameBack,
    Dues,
    Goods,
    ReturnFacts,
    axis,
    custody,
    money,
    state,
)
from hub.domain.returns_policy import Answer, Asked, decide, disposition_for
from hub.records.return_policy import Exclusion, GradeRule, ReturnPolicy
from hub.records.returns import (
    Condition,
    Custody,
    Disposition,
    Grade,
    MoneyState,
    Resolution,
    ReturnAxis,
    ReturnReason,
    ReturnState,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DEFAULTS = ReturnPolicy()


def asked(**said: Any) -> Asked:
    given = {"sku": "TEE-M", "units": 1, "left": 2, "value_minor": 2000,
             "reason": ReturnReason.CHANGED_MIND, "condition": Condition.UNOPENED}  # fmt: skip
    return Asked(**{**given, **said})


def answer(line: Asked, policy: ReturnPolicy = DEFAULTS, days: int | None = 5) -> Answer:
    since = None if days is None else NOW - timedelta(days=days)
    return decide(policy, [line], since, NOW).answer


# --- what the policy says ---------------------------------------------------------------------


def test_what_came_back_in_time_is_approved_without_anybody() -> None:
    assert answer(asked()) == Answer.APPROVE


@pytest.mark.parametrize(
    ("line", "days"),
    [
        (asked(), 31),
        (asked(units=3), 5),
        (asked(reason=ReturnReason.DEFECTIVE), 366),
    ],
)
def test_what_is_late_or_was_never_shipped_is_declined(line: Asked, days: int) -> None:
    assert answer(line, days=days) == Answer.DECLINE


@pytest.mark.parametrize(
    ("line", "policy", "days"),
    [
        (asked(), DEFAULTS, None),
        (asked(condition=Condition.USED), DEFAULTS, 5),
        (asked(value_minor=50_001), DEFAULTS, 5),
        (asked(), ReturnPolicy(auto_approve=False), 5),
    ],
)
def test_what_cannot_be_told_or_is_kept_for_people_is_asked(
    line: Asked, policy: ReturnPolicy, days: int | None
) -> None:
    assert answer(line, policy, days) == Answer.ASK


def test_a_fault_of_ours_has_the_longer_window() -> None:
    assert answer(asked(reason=ReturnReason.DEFECTIVE), days=200) == Answer.APPROVE


HYGIENE = ReturnPolicy(
    categories={"hygiene": ("SOAP-*",)},
    exclusions=(
        Exclusion(categories=("hygiene",), conditions=(Condition.OPENED,), why="it was opened"),
        Exclusion(skus=("GIFT-CARD",), why="gift cards are final"),
    ),
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (asked(sku="SOAP-1", condition=Condition.OPENED), Answer.DECLINE),
        (asked(sku="SOAP-1"), Answer.APPROVE),
        (asked(sku="GIFT-CARD"), Answer.DECLINE),
        (
            asked(sku="SOAP-1", condition=Condition.OPENED, reason=ReturnReason.DAMAGED),
            Answer.APPROVE,
        ),
    ],
)
def test_an_exclusion_needs_all_of_its_parts_and_spares_our_own_faults(
    line: Asked, expected: Answer
) -> None:
    assert answer(line, HYGIENE) == expected


def test_every_answer_names_what_was_looked_at() -> None:
    ruling = decide(HYGIENE, [asked(sku="GIFT-CARD")], NOW, NOW)
    assert [check.name for check in ruling.checks] == [
        "shipped", "window", "eligible", "condition", "value",
    ]  # fmt: skip
    assert [check.reason for check in ruling.checks if check.passed is False] == [
        "GIFT-CARD: gift cards are final"
    ]


@pytest.mark.parametrize(
    ("grade", "reason", "expected"),
    [
        (Grade.A, ReturnReason.CHANGED_MIND, Disposition.RESTOCK),
        (Grade.B, ReturnReason.CHANGED_MIND, Disposition.RESTOCK_B_GRADE),
        (Grade.A, ReturnReason.DEFECTIVE, Disposition.QUARANTINE),
        (Grade.D, ReturnReason.DEFECTIVE, Disposition.SCRAP),
    ],
)
def test_the_first_rule_that_fits_says_what_becomes_of_it(
    grade: Grade, reason: ReturnReason, expected: Disposition
) -> None:
    assert disposition_for(DEFAULTS, grade, reason) == expected


def test_without_a_rule_nothing_reaches_the_shelf() -> None:
    none = ReturnPolicy(dispositions=())
    assert disposition_for(none, Grade.A, ReturnReason.OTHER) == Disposition.QUARANTINE


def test_a_policy_with_a_category_nobody_defined_is_faulty() -> None:
    broken = ReturnPolicy(exclusions=(Exclusion(categories=("wine",), why="no"),))
    assert returns_policy.faults(broken) == ["exclusions: there is no category wine"]
    assert returns_policy.faults(HYGIENE) == []
    assert returns_policy.faults(ReturnPolicy(exclusions=(Exclusion(why="all"),)))


def test_no_grade_or_reason_is_without_a_default_rule() -> None:
    rules = [
        returns_policy.grade_rule(DEFAULTS, grade, reason)
        for grade in Grade
        for reason in ReturnReason
    ]
    assert all(isinstance(rule, GradeRule) for rule in rules)


# --- where it stands --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goods", "expected"),
    [
        (Goods(2), Custody.ADVISED),
        (Goods(2, moving=True), Custody.IN_TRANSIT),
        (Goods(2, received=1), Custody.RECEIVED),
        (Goods(2, received=2, graded=1), Custody.RECEIVED),
        (Goods(2, received=2, graded=2), Custody.GRADED),
        (Goods(2, received=2, graded=2, disposed=2), Custody.DISPOSED),
        (Goods(2, received=1, missing=1, graded=1, disposed=1), Custody.DISPOSED),
        (Goods(2, missing=2), Custody.NOT_RETURNED),
        (Goods(0, unexpected=1, received=1), Custody.RECEIVED),
    ],
)
def test_custody_is_where_the_least_advanced_unit_is(goods: Goods, expected: Custody) -> None:
    assert custody(goods) == expected


@pytest.mark.parametrize(
    ("dues", "expected"),
    [
        (Dues(Resolution.REFUND, 2), MoneyState.PENDING),
        (Dues(Resolution.REFUND, 2, settled=2, asked=2), MoneyState.TRIGGERED),
        (Dues(Resolution.REFUND, 2, settled=1, made=1), MoneyState.PENDING),
        (Dues(Resolution.REFUND, 2, settled=2, made=2), MoneyState.REFUNDED),
        (Dues(Resolution.REFUND, 2, settled=2, denied=2), MoneyState.DENIED),
        (Dues(Resolution.REFUND, 2, settled=2, denied=1, made=1), MoneyState.REFUNDED),
        (Dues(Resolution.EXCHANGE, 2), MoneyState.NOT_REFUNDABLE),
        (Dues(Resolution.REJECT, 2), MoneyState.DENIED),
    ],
)
def test_money_is_what_was_decided_about_it(dues: Dues, expected: MoneyState) -> None:
    assert money(dues) == expected


def facts(**said: Any) -> ReturnFacts:
    return ReturnFacts(**{"known_order": True, "approved": True, **said})


PAID = (Dues(Resolution.REFUND, 1, settled=1, made=1),)
OWED = (Dues(Resolution.REFUND, 1),)


@pytest.mark.parametrize(
    ("given_facts", "expected"),
    [
        (facts(approved=False), ReturnState.REQUESTED),
        (facts(), ReturnState.APPROVED),
        (facts(labelled=True), ReturnState.LABEL_ISSUED),
        (facts(labelled=True, moving=True), ReturnState.IN_TRANSIT),
        (facts(goods=(Goods(2, received=1),), dues=OWED), ReturnState.RECEIVING),
        (facts(goods=(Goods(1, received=1),), dues=OWED), ReturnState.RECEIVING),
        (facts(goods=(Goods(1, received=1, graded=1),), dues=OWED), ReturnState.INSPECTED),
        (
            facts(goods=(Goods(1, received=1, graded=1, disposed=1),), dues=OWED),
            ReturnState.INSPECTED,
        ),
        (
            facts(goods=(Goods(1, received=1, graded=1, disposed=1),), dues=PAID),
            ReturnState.RESOLVED,
        ),
        (facts(goods=(Goods(1, received=1, graded=1),), dues=PAID), ReturnState.INSPECTED),
        (facts(expired=True), ReturnState.EXPIRED),
        (facts(approved=False, declined=True), ReturnState.DECLINED),
        (facts(cancelled=True), ReturnState.CANCELLED),
        (facts(known_order=False), ReturnState.ORPHAN),
    ],
)
def test_the_state_of_a_return_follows_from_its_facts(
    given_facts: ReturnFacts, expected: ReturnState
) -> None:
    assert state(given_facts) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ReturnAxis.NONE),
        ([CameBack(2, 0, 0)], ReturnAxis.NONE),
        ([CameBack(2, 0, 1)], ReturnAxis.OPEN),
        ([CameBack(2, 1, 1)], ReturnAxis.PARTIALLY_RETURNED),
        ([CameBack(2, 2, 0), CameBack(1, 0, 0)], ReturnAxis.PARTIALLY_RETURNED),
        ([CameBack(2, 2, 0), CameBack(1, 1, 0)], ReturnAxis.RETURNED),
    ],
)
def test_the_return_axis_of_an_order_stands_beside_the_others(
    lines: list[CameBack], expected: ReturnAxis
) -> None:
    assert axis(lines) == expected
