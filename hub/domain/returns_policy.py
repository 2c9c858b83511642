"""What the return policy says: may these goods come back, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from hub.domain.patterns import pattern
from hub.records.payment import Check
from hub.records.return_policy import DispositionRule, Exclusion, GradeRule, ReturnPolicy
from hub.records.returns import Condition, Disposition, Grade, ReturnReason

RULE_VERSION = "return_policy/1"

R = TypeVar("R", GradeRule, DispositionRule)


@dataclass(frozen=True)
class Asked:
    """Units of an order line that somebody wants to send back."""

    sku: str
    units: int
    left: int
    """Units of the line that are with the customer and not on their way back."""
    value_minor: int
    """What was paid for these units, with tax."""
    reason: ReturnReason
    condition: Condition = Condition.UNKNOWN


class Answer(StrEnum):
    """What the policy says to a request."""

    APPROVE = "approve"
    DECLINE = "decline"
    ASK = "ask"
    """Only a person may say."""


@dataclass(frozen=True)
class Ruling:
    """The answer with every check that led to it."""

    answer: Answer
    checks: tuple[Check, ...]


def decide(
    policy: ReturnPolicy, lines: Sequence[Asked], since: datetime | None, now: datetime
) -> Ruling:
    """Decide about a request; `since` is when the customer got the goods, None when unknown.

    Anything against the rules declines, anything that cannot be told, or that the policy keeps for
    a person, asks.
    """
    checks: list[Check] = []
    for line in lines:
        checks += (_shipped(line), _in_time(policy, line, since, now), _not_excluded(policy, line))
        checks.append(_condition(policy, line))
    checks.append(_value(policy, lines))
    if any(check.passed is False for check in checks):
        return Ruling(Answer.DECLINE, tuple(checks))
    unsure = not policy.auto_approve or any(check.passed is None for check in checks)
    return Ruling(Answer.ASK if unsure else Answer.APPROVE, tuple(checks))


def _shipped(line: Asked) -> Check:
    reason = f"{line.units} of {line.sku}, and {line.left} are with the customer"
    return Check(name="shipped", passed=line.units <= line.left, reason=reason)


def _in_time(policy: ReturnPolicy, line: Asked, since: datetime | None, now: datetime) -> Check:
    days = next(
        (one.days for one in policy.windows if not one.reasons or line.reason in one.reasons), 0
    )
    if since is None:
        return Check(name="window", passed=None, reason="nobody knows when the customer got it")
    passed = now <= since + timedelta(days=days)
    gone = (now - since).days
    reason = f"{line.sku}: {gone} days after the customer got it, {days} are allowed"
    return Check(name="window", passed=passed, reason=reason)


def _not_excluded(policy: ReturnPolicy, line: Asked) -> Check:
    for rule in policy.exclusions:
        if _excludes(policy, rule, line):
            return Check(name="eligible", passed=False, reason=f"{line.sku}: {rule.why}")
    return Check(name="eligible", passed=True, reason=f"{line.sku} may be sent back")


def _excludes(policy: ReturnPolicy, rule: Exclusion, line: Asked) -> bool:
    categories = [
        written for name in rule.categories for written in policy.categories.get(name, ())
    ]
    named = (rule.skus, rule.categories, rule.conditions)
    fits = (
        not rule.skus or _matches(line.sku, rule.skus),
        not rule.categories or _matches(line.sku, categories),
        not rule.conditions or line.condition in rule.conditions,
    )
    return any(named) and all(fits) and line.reason not in rule.except_reasons


def _matches(sku: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern fits: `*` stands for anything, `?` for one letter."""
    return any(pattern(one, one_letter="?").fullmatch(sku) for one in patterns)


def _condition(policy: ReturnPolicy, line: Asked) -> Check:
    sure = line.condition in policy.auto_approve_conditions
    reason = f"{line.sku} is said to be {line.condition}"
    return Check(name="condition", passed=True if sure else None, reason=reason)


def _value(policy: ReturnPolicy, lines: Sequence[Asked]) -> Check:
    value = sum(line.value_minor for line in lines)
    limit = policy.auto_approve_up_to_minor
    reason = f"worth {value}, the hub approves up to {limit} by itself (minor units)"
    return Check(name="value", passed=True if value <= limit else None, reason=reason)


def disposition_for(policy: ReturnPolicy, grade: Grade, reason: ReturnReason) -> Disposition:
    """Give what becomes of a unit; where no rule fits a person must look at it: quarantine."""
    rule = _first(policy.dispositions, grade, reason)
    return rule.disposition if rule else Disposition.QUARANTINE


def grade_rule(policy: ReturnPolicy, grade: Grade, reason: ReturnReason) -> GradeRule | None:
    """Give the rule for what is given back; None where no rule fits, and only a person may say."""
    return _first(policy.grades, grade, reason)


def _first(rules: Sequence[R], grade: Grade, reason: ReturnReason) -> R | None:
    return next(
        (
            rule for rule in rules
            if (not rule.grades or grade in rule.grades)
            and (not rule.reasons or reason in rule.reasons)
        ),
        None,
    )  # fmt: skip


def faults(policy: ReturnPolicy) -> Sequence[str]:
    """Give a sentence for each fault of a policy that its record cannot see."""
    unknown = {
        name for rule in policy.exclusions for name in rule.categories
    } - policy.categories.keys()
    found = [f"exclusions: there is no category {name}" for name in sorted(unknown)]
    empty = [rule for rule in policy.exclusions
             if not (rule.skus or rule.categories or rule.conditions)]  # fmt: skip
    found += [f"exclusions: {rule.why!r} names nothing that it excludes" for rule in empty]
    if any(rule.disposition in NOT_OF_A_GRADE for rule in policy.dispositions):
        found.append("dispositions: what the customer keeps was never graded")
    return found


NOT_OF_A_GRADE = frozenset({Disposition.CUSTOMER_KEEPS})
