"""What follows from the numbers somebody counted."""

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.counting import Entry, Tolerance, Verdict, judge

NUMBER = st.integers(0, 40)
ENTRIES = st.lists(st.builds(Entry, NUMBER, NUMBER), min_size=1, max_size=4)
TOLERANCE = st.builds(Tolerance, st.integers(0, 5), st.integers(0, 30))


@given(ENTRIES, TOLERANCE)
def test_what_is_within_tolerance_is_booked_and_nothing_else_is(
    entries: list[Entry], tolerance: Tolerance
) -> None:
    small = tolerance.allows(entries[-1].book, entries[-1].counted)
    assert (judge(entries, tolerance) == Verdict.BOOK) == small


@given(ENTRIES, TOLERANCE)
def test_a_person_is_asked_only_about_what_was_counted_twice_alike(
    entries: list[Entry], tolerance: Tolerance
) -> None:
    if judge(entries, tolerance) == Verdict.APPROVE:
        assert len(entries) > 1 and entries[-1].variance == entries[-2].variance


def test_units_that_left_between_two_counts_are_no_difference() -> None:
    assert judge([Entry(7, 10), Entry(5, 8)], Tolerance()) == Verdict.APPROVE
    assert judge([Entry(7, 10), Entry(5, 10)], Tolerance()) == Verdict.RECOUNT
    assert judge([Entry(7, 10), Entry(8, 8)], Tolerance()) == Verdict.BOOK


def test_a_tolerance_is_a_number_of_units_or_a_share_of_the_books() -> None:
    assert Tolerance(units=2).allows(10, 8) and not Tolerance(units=1).allows(10, 8)
    assert Tolerance(percent=20).allows(10, 8) and not Tolerance(percent=19).allows(10, 8)
    assert not Tolerance(percent=50).allows(0, 1)
