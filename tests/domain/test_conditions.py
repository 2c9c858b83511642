"""Conditions of merchants: mistakes are found when written, and no condition runs long."""

from decimal import Decimal

import pytest

from hub.domain.condition_tokens import MOST_TOKENS, ConditionError
from hub.domain.conditions import Type, Variable, compile_condition

NAMES = {
    "total": Variable(Type.NUMBER, ""), "country": Variable(Type.TEXT, ""),
    "skus": Variable(Type.TEXTS, ""), "paid": Variable(Type.YES_NO, ""),
    "placed_at": Variable(Type.INSTANT, ""), "lines": Variable(Type.NUMBER, ""),
}  # fmt: skip
VALUES = {
    "total": Decimal("500.10"), "country": "DE", "skus": ("TEE-M", "GIFT-1"), "paid": True,
    "lines": Decimal(1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("total >= 500 and country != 'US'", True),
        ("total == 500.1", True),
        ("country in ['US', 'CA']", False),
        ("'TEE-M' in skus", True),
        ("$any([sku.starts_with('GIFT-') for sku in skus])", True),
        ("$all([sku.length > 5 for sku in skus])", False),
        ("not paid or country.as_lower == 'de'", True),
        ("total > 1000 ? paid : country == 'US'", False),
    ],
)
def test_a_condition_is_true_or_not(text: str, fits: bool) -> None:
    assert compile_condition(text, NAMES).fits(VALUES) is fits


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("total > 5 and cuntry == 'US'", 15, "there is no variable cuntry"),
        ("total > 5 and country > 3", 15, "country is text"),
        ("total + country > 1", 1, "mismatch"),
        ("total", 1, "not yes or no"),
        ("", 1, "says nothing"),
        ("total >= ", 1, "not complete"),
        ("total > > 5", 9, "cannot stand here"),
        ("country.secret == 1", 9, "nothing has .secret"),
        ("$open('/etc/passwd')", 1, "there is no $open"),
        ("country == 'a' or null == null", 19, "there is no variable null"),
        ("paid and 1 / 0 > 1", 10, "division by zero"),
    ],
)
def test_a_mistake_is_named_with_its_column(text: str, column: int, said: str) -> None:
    with pytest.raises(ConditionError) as wrong:
        compile_condition(text, NAMES)
    assert (wrong.value.column, said in wrong.value.sentence) == (column, True), wrong.value


@pytest.mark.parametrize(
    "text",
    [
        "2 ** 999999999 > 1",
        "1 << 999999999 > 1",
        "1e999999999 > 1",
        "country =~ '(a+)+$'",
        "$range(1000000000).length > 1",
        "'a' * 1000000000 == 'b'",
        "$any([$any([true for a in skus]) for b in skus])",
        "$any([[a for a in skus].length > 1 for b in skus])",
        " and ".join(["paid"] * MOST_TOKENS),
        "(" * 500 + "paid" + ")" * 500,
        "not " * 250 + "paid",
        "country.__class__ == 'x'",
        r"country == 'a\x41'",
        "b'x' == b'x'",
        "paid # and more",
    ],
)
def test_what_could_run_long_or_reach_far_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ConditionError):
        compile_condition(text, NAMES)


def test_the_longest_condition_over_the_longest_order_is_answered() -> None:
    body = " or ".join(f"s == 'x{i}'" for i in range(15))
    widest = " and ".join([f"not $any([{body} for s in skus])"] * 4)
    assert compile_condition(widest, NAMES).fits({**VALUES, "skus": ("S",) * 1000})


def test_a_question_without_an_answer_is_not_a_no() -> None:
    asked = compile_condition("total / (lines - 1) > 5", NAMES)
    with pytest.raises(ConditionError, match="no answer"):
        asked.fits(VALUES)


def test_a_condition_knows_what_it_looks_at() -> None:
    assert compile_condition("$any([s == 'A' for s in skus]) and paid", NAMES).names == {
        "skus", "paid"
    }  # fmt: skip
