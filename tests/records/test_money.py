"""Money: no cent is lost or made, whatever is added, split or read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.records.money import Money, MoneyError, exponent, from_minor, to_minor

MINOR = st.integers(-(10**12), 10**12)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


@given(MINOR, WEIGHTS)
def test_the_parts_of_a_split_add_up_to_the_whole(minor: int, weights: list[int]) -> None:
    parts = usd(minor).split(weights)
    assert sum(part.minor for part in parts) == minor
    assert len(parts) == len(weights)


@given(MINOR, WEIGHTS)
def test_a_part_is_never_a_cent_away_from_its_share(minor: int, weights: list[int]) -> None:
    for part, weight in zip(usd(minor).split(weights), weights, strict=True):
        assert abs(part.minor * sum(weights) - minor * weight) < sum(weights)


def test_the_odd_cent_goes_to_the_largest_remainder_and_then_to_the_first() -> None:
    assert [part.minor for part in usd(100).split([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in usd(10).split([1, 5, 4, 9])] == [0, 3, 2, 5]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [-1]])
def test_a_split_without_a_positive_weight_is_refused(weights: list[int]) -> None:
    with pytest.raises(MoneyError):
        usd(100).split(weights)


@given(MINOR, MINOR)
def test_what_is_added_can_be_taken_away_again(one: int, other: int) -> None:
    assert usd(one) + usd(other) - usd(other) == usd(one)


def test_two_currencies_are_never_mixed() -> None:
    yen = Money(minor=100, currency="JPY")
    with pytest.raises(MoneyError, match="cannot be mixed"):
        usd(100) + yen
    with pytest.raises(MoneyError, match="cannot be mixed"):
        yen - usd(100)


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_its_own_number_of_minor_digits(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    assert to_minor("7", currency) == 7 * 10**digits


@given(MINOR, CURRENCIES)
def test_minor_units_survive_being_printed_and_read(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


def test_an_amount_prints_with_all_its_digits_and_its_currency() -> None:
    assert str(usd(1050)) == "10.50 USD"
    assert str(usd(-5)) == "-0.05 USD"
    assert str(Money(minor=1050, currency="JPY")) == "1050 JPY"
    assert str(Money(minor=1050, currency="KWD")) == "1.050 KWD"


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.345678", "USD", 1235),
        ("0.005", "USD", 1),
        ("-0.005", "USD", -1),
        ("0.0049999999999999999999999999999999999999", "USD", 0),
        ("0.5", "JPY", 1),
        ("0.49", "JPY", 0),
        ("1.0005", "KWD", 1001),
        ("1e2", "USD", 10000),
        (3, "USD", 300),
        (Decimal("2.675"), "USD", 268),
        ("1e-999999", "USD", 0),
    ],
)
def test_an_amount_is_rounded_once_and_half_away_from_zero(
    text: str | int | Decimal, currency: str, minor: int
) -> None:
    assert to_minor(text, currency) == minor


@given(st.decimals(-(10**9), 10**9, places=6), CURRENCIES)
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most(
    amount: Decimal, currency: str
) -> None:
    exact = amount * 10 ** exponent(currency)
    assert abs(to_minor(str(amount), currency) - exact) <= Decimal("0.5")


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1,50", "0x10", "NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "1e100000",
     "9" * 5000, "\x00", "12.34.56", "$5"],
)  # fmt: skip
def test_text_that_is_no_amount_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(MoneyError) as refused:
        to_minor(text, "USD")
    assert len(str(refused.value)) < 80


@pytest.mark.parametrize("currency", ["usd", "", " USD", "ZZZ", "XAU", "XXX", "US$"])
def test_what_is_no_currency_that_can_be_charged_is_refused(currency: str) -> None:
    with pytest.raises(MoneyError):
        exponent(currency)
    with pytest.raises(ValidationError):
        Money(minor=1, currency=currency)


@pytest.mark.parametrize("minor", [1.5, "1", True, 10**15 + 1, -(10**15) - 1])
def test_an_amount_is_a_whole_number_of_minor_units_within_reason(minor: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"minor": minor, "currency": "USD"})
