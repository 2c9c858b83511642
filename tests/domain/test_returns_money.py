"""What is given back for returned goods: by grade and reason, less fees, never too much."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.returns_money import Around, Due, Giving, work_out
from hub.records.return_policy import GradeRule, ReturnPolicy
from hub.records.returns import Grade, ReturnReason

PLENTY = Around(left_minor=10**9)
DEFAULTS = ReturnPolicy()


def due(*graded: tuple[Grade, int], **said: Any) -> Due:
    given = {"line_id": "l1", "line_external_id": "1", "sku": "TEE",
             "reason": ReturnReason.CHANGED_MIND, "paid_minor": 3000, "tax_minor": 479,
             "quantity": 3}  # fmt: skip
    return Due(graded=graded, **{**given, **said})


def given_back(policy: ReturnPolicy, *dues: Due, around: Around = PLENTY) -> Giving:
    return work_out(policy, dues, around)


def test_grade_b_gives_back_its_percentage_with_its_tax() -> None:
    giving = given_back(DEFAULTS, due((Grade.B, 1)))
    assert (giving.total_minor, giving.lines[0].tax_minor) == (800, 128)
    assert giving.reasons == ("1 of TEE, grade B, changed_mind: 80 % of 1000",)


def test_for_a_fault_of_ours_all_is_given_back_whatever_the_grade() -> None:
    giving = given_back(DEFAULTS, due((Grade.D, 3), reason=ReturnReason.DEFECTIVE))
    assert giving.total_minor == 3000


def test_what_is_of_no_use_is_denied_and_not_counted_as_given_back() -> None:
    giving = given_back(DEFAULTS, due((Grade.A, 1), (Grade.D, 1)))
    assert (giving.total_minor, giving.lines[0].units, giving.lines[0].denied) == (1000, 1, 1)


def test_a_restocking_fee_is_taken_of_what_would_be_given() -> None:
    policy = ReturnPolicy(grades=(GradeRule(percent=50, restocking_fee_percent=10),))
    assert given_back(policy, due((Grade.C, 2))).total_minor == 900


def test_without_a_rule_a_person_says() -> None:
    giving = given_back(ReturnPolicy(grades=()), due((Grade.A, 2)))
    assert (giving.total_minor, giving.lines[0].undecided) == (0, 2)


def test_the_label_is_paid_by_whoever_changed_their_mind() -> None:
    policy, used = ReturnPolicy(label_fee_minor=500), Around(10**9, label_used=True)
    assert given_back(policy, due((Grade.A, 3)), around=used).total_minor == 2500
    ours = due((Grade.A, 3), reason=ReturnReason.DAMAGED)
    assert given_back(policy, ours, around=used).total_minor == 3000


def test_a_fee_takes_no_more_than_there_is() -> None:
    policy, used = ReturnPolicy(label_fee_minor=5000), Around(10**9, label_used=True)
    giving = given_back(policy, due((Grade.A, 1)), around=used)
    assert (giving.total_minor, giving.fee_minor) == (0, 1000)


def test_shipping_is_given_back_when_all_came_back_through_our_fault() -> None:
    whole = Around(10**9, whole_order=True, shipping_minor=600)
    ours = due((Grade.A, 3), reason=ReturnReason.WRONG_ITEM)
    assert given_back(DEFAULTS, ours, around=whole).total_minor == 3600
    assert given_back(DEFAULTS, due((Grade.A, 3)), around=whole).total_minor == 3000


def test_no_more_is_given_than_is_left() -> None:
    giving = given_back(DEFAULTS, due((Grade.A, 3)), around=Around(left_minor=1234))
    assert giving.total_minor == giving.lines[0].amount_minor == 1234
    assert giving.reasons[-1] == "3000 would be due, 1234 is left to give back"


def test_units_whose_money_went_back_before_get_nothing_again() -> None:
    giving = given_back(DEFAULTS, due((Grade.A, 2), before=2))
    assert (giving.total_minor, giving.lines[0].units, giving.lines[0].denied) == (1000, 1, 1)


GRADED = st.lists(st.tuples(st.sampled_from(list(Grade)), st.integers(1, 3)), max_size=4)


@settings(max_examples=80, deadline=None)
@given(
    parts=st.lists(GRADED, min_size=1, max_size=4), paid=st.integers(0, 99_999),
    tax=st.integers(0, 999), quantity=st.integers(1, 9), left=st.integers(-5, 99_999),
    reason=st.sampled_from(list(ReturnReason)), fee=st.integers(0, 2000),
)  # fmt: skip
def test_any_sequence_of_partial_refunds_stays_within_what_was_paid(
    parts: list[list[tuple[Grade, int]]], paid: int, tax: int, quantity: int, left: int,
    reason: ReturnReason, fee: int,
) -> None:  # fmt: skip
    policy, given_so_far, before = ReturnPolicy(label_fee_minor=fee), 0, 0
    tax = min(tax, paid)
    for graded in parts:
        one = due(*graded, paid_minor=paid, tax_minor=tax, quantity=quantity, before=before,
                  reason=reason)  # fmt: skip
        giving = given_back(policy, one, around=Around(left - given_so_far, label_used=True))
        (line,) = giving.lines
        assert line.units + line.denied + line.undecided == sum(units for _, units in graded)
        assert 0 <= line.tax_minor <= line.amount_minor
        assert giving.total_minor == line.amount_minor + giving.shipping_minor >= 0
        before += line.units
        given_so_far += giving.total_minor
    assert before <= quantity
    assert given_so_far <= min(paid, max(0, left))
