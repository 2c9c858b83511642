"""Refunds: what they leave to ship, and how an amount is split to the cent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.refunds import LeaveOut, RefundedLine, leave_out, share_of


def line(**fields: Any) -> RefundedLine:
    given = {"quantity": 3, "cancelled": 0, "allocated": 0, "shipped": 0, "refunded": 0}
    return RefundedLine("l", "Tee", **(given | fields))


def test_units_refunded_before_anything_was_shipped_are_not_shipped() -> None:
    assert leave_out([line(refunded=2)], []) == LeaveOut(cancelled=(("l", 2),))


def test_what_was_left_out_once_is_not_left_out_twice() -> None:
    assert leave_out([line(refunded=2, cancelled=2)], []) == LeaveOut()


def test_units_that_lie_in_a_parcel_are_taken_back_first() -> None:
    assert leave_out([line(refunded=1, allocated=3)], []) == LeaveOut(take_back=True)


def test_of_a_line_shipped_in_part_only_a_person_knows_which_units_were_meant() -> None:
    found = leave_out([line(refunded=1, shipped=2)], [])
    assert found.cancelled == () and "say whether the other 1" in found.doubts[0]


def test_a_refund_after_all_was_shipped_changes_nothing() -> None:
    assert leave_out([line(refunded=1, shipped=3)], ["5.00 USD"]) == LeaveOut()


def test_money_for_no_line_is_a_doubt_while_something_is_still_to_ship() -> None:
    assert "5.00 USD was refunded" in leave_out([line()], ["5.00 USD"]).doubts[0]


@pytest.mark.parametrize(("units", "amount"), [((1, 1, 1), 1000), ((2, 1), 1), ((1, 2), 9999)])
def test_the_parts_of_a_line_add_up(units: tuple[int, ...], amount: int) -> None:
    parts, before = [], 0
    for n in units:
        parts.append(share_of(amount, before, n, 3))
        before += n
    assert sum(parts) == amount


@given(st.integers(0, 10**9), st.integers(1, 50), st.data())
def test_no_cent_is_lost_however_a_line_is_given_back(amount: int, of: int, data: Any) -> None:
    cut = data.draw(st.integers(0, of))
    first, rest = share_of(amount, 0, cut, of), share_of(amount, cut, of - cut, of)
    assert first + rest == amount and 0 <= first <= amount
