"""A return policy tried on past returns before it holds: what it would have answered and given."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.domain.returns_money import Around, Due, work_out
from hub.domain.returns_policy import Asked, decide, disposition_for
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import Grade, ReturnReason

ALL = 10**15


@dataclass(frozen=True)
class GradedCase:
    """Units that were graded once, and what one of them cost, with tax, in minor units."""

    grade: Grade
    reason: ReturnReason
    units: int
    price_minor: int
    currency: str


@dataclass(frozen=True)
class Case:
    """A past return: what was asked, what was answered, and what was found when it came."""

    number: str
    answered: str
    asked: tuple[Asked, ...]
    days: int | None
    """Days since the customer had got it; None where nobody knew."""
    graded: tuple[GradedCase, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a policy does with all of them; money in minor units, by currency."""

    answers: Mapping[str, int]
    given_back: Mapping[str, int]
    dispositions: Mapping[str, int]
    for_people: int
    """Requests that a person would have to answer."""


def simulate(policy: ReturnPolicy, cases: Sequence[Case]) -> Outcome:
    """Run a policy over past returns.

    What came and how it was graded is taken as it was; shipping and label fees are left out, since
    they depend on what else came back with it.
    """
    answers, given, dispositions = Counter[str](), Counter[str](), Counter[str]()
    for case in cases:
        answers[answer_of(policy, case)] += 1
        for one in case.graded:
            given[one.currency] += _amount(policy, one)
            dispositions[disposition_for(policy, one.grade, one.reason)] += one.units
    return Outcome(dict(answers), dict(given), dict(dispositions), answers["ask"])


def answer_of(policy: ReturnPolicy, case: Case) -> str:
    """Give what a policy would answer to a past request."""
    now = datetime(2000, 1, 1, tzinfo=UTC)  # only the days between count
    since = None if case.days is None else now - timedelta(days=case.days)
    return str(decide(policy, case.asked, since, now).answer)


def _amount(policy: ReturnPolicy, one: GradedCase) -> int:
    due = Due("", "", "", one.reason, ((one.grade, one.units),), one.price_minor * one.units, 0,
              one.units)  # fmt: skip
    return work_out(policy, [due], Around(ALL)).total_minor
