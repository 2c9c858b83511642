"""Money: integer minor units of one ISO 4217 currency, split without losing a cent."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Annotated

from iso4217 import Currency as _Iso
from pydantic import AfterValidator, WithJsonSchema

from hub.records.base import Minor, Record

_GREATEST = 18  # a power of ten: far beyond any order, near enough to be computed at once


class MoneyError(ValueError):
    """An amount or a currency that cannot be money."""


@cache
def exponent(currency: str) -> int:
    """Give the number of minor digits of a currency: 2 for USD, 0 for JPY, 3 for KWD (ISO 4217)."""
    try:
        digits = _Iso(currency).exponent
    except ValueError:
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency") from None
    if digits is None:
        raise MoneyError(f"{currency} has no minor unit and cannot be charged")
    return int(digits)


def _known(currency: str) -> str:
    exponent(currency)
    return currency


Currency = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
"""An ISO 4217 code in capitals."""


def to_minor(text: str | int | Decimal, currency: str) -> int:
    """Turn a decimal amount into minor units, rounding half away from zero.

    Vendors print more digits than a currency has ("12.345678"); this is the one place that rounds.
    Raises `MoneyError` for text that is no finite decimal number, or an absurdly great one.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise MoneyError(f"{str(text)[:40]!r} is not an amount") from None
    if not amount.is_finite() or amount.adjusted() > _GREATEST:
        raise MoneyError(f"{str(text)[:40]!r} is not an amount")
    digits = exponent(currency)
    # quantize rounds once, from all the digits given; scaling first would round to 28 of them
    return int(amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP).scaleb(digits))


def from_minor(minor: int, currency: str) -> str:
    """Print minor units as exact decimal text: 1050 USD is "10.50"."""
    return str(Decimal(minor).scaleb(-exponent(currency)))


class Money(Record):
    """An amount in minor units with its currency."""

    minor: Minor
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __str__(self) -> str:
        return f"{from_minor(self.minor, self.currency)} {self.currency}"

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split by weight; the parts always add up to the whole (largest remainder first).

        Raises `MoneyError` when there is no positive weight.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise MoneyError("a split needs weights that are not negative and one that is positive")
        floors = [self.minor * weight // whole for weight in weights]
        rest = self.minor - sum(floors)
        order = sorted(range(len(weights)), key=lambda i: (-(self.minor * weights[i] % whole), i))
        for index in order[:rest]:
            floors[index] += 1
        return tuple(Money(minor=part, currency=self.currency) for part in floors)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be mixed")
