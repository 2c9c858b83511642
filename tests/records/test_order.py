"""Orders: how far one may go before it is a fault."""

import pytest
from pydantic import ValidationError

from hub.records.order import Order
from tests.records.order_example import line, order


def test_an_order_of_a_thousand_lines_is_an_order_and_one_more_is_a_fault() -> None:
    lines = tuple(line(str(number)) for number in range(1000))
    assert len(order(lines=lines).lines) == 1000
    with pytest.raises(ValidationError, match="at most 1000"):
        order(lines=(*lines, line("1000")))


def test_two_lines_with_one_id_are_a_fault() -> None:
    with pytest.raises(ValidationError, match="two lines have the id 1"):
        order(lines=(line("1"), line("1")))


@pytest.mark.parametrize("price", ["27.926666", "0", "-3.10", "1" * 30])
def test_a_unit_price_is_exact_decimal_text(price: str) -> None:
    assert line(unit_price=price).unit_price == price


@pytest.mark.parametrize("price", ["", "1,5", "1.", ".5", "1e3", "NaN", "ten"])
def test_a_unit_price_that_is_no_plain_decimal_is_refused(price: str) -> None:
    with pytest.raises(ValidationError):
        line(unit_price=price)


@pytest.mark.parametrize("total", [10**15 + 1, 1.5, float("nan"), "1"])
def test_an_absurd_total_is_refused(total: object) -> None:
    with pytest.raises(ValidationError):
        order(total_minor=total)


def test_an_order_survives_the_journey_through_json() -> None:
    one = order()
    assert Order.model_validate_json(one.model_dump_json()) == one
