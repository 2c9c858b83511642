"""What is done about one number, for every number."""

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.push_policy import Act, Seen, Step, moved_by_itself, next_step

NUMBER = st.integers(0, 6)
SEEN = st.builds(
    Seen, wanted=NUMBER, shown=NUMBER, confirmed=st.none() | NUMBER, explained=st.booleans(),
    unsettled=st.none() | NUMBER, may_guess=st.booleans(),
)  # fmt: skip
SENDS = (Act.SEND, Act.SEND_AND_ASK)


@given(SEEN)
def test_never_more_is_sent_than_is_wanted(seen: Seen) -> None:
    step = next_step(seen)
    assert step.act not in SENDS or step.quantity <= seen.wanted


@given(SEEN)
def test_nothing_is_raised_while_an_older_push_or_an_unknown_sale_may_still_come(
    seen: Seen,
) -> None:
    step = next_step(seen)
    if step.act in SENDS and step.quantity > seen.shown:
        assert seen.unsettled in (None, seen.wanted)
        assert seen.explained or not moved_by_itself(seen)


@given(SEEN)
def test_a_lower_number_waits_for_nothing_but_the_question_whose_sale_it_was(seen: Seen) -> None:
    step = next_step(seen)
    if seen.wanted < seen.shown and (seen.explained or not moved_by_itself(seen)):
        assert step == Step(Act.SEND, seen.wanted)


@given(SEEN)
def test_only_what_shows_the_wanted_number_is_confirmed(seen: Seen) -> None:
    if next_step(seen).act == Act.CONFIRM:
        assert seen.shown == seen.wanted and seen.unsettled in (None, seen.wanted)


@given(SEEN)
def test_a_number_that_moved_by_itself_is_asked_about_first(seen: Seen) -> None:
    asks = next_step(seen).act in (Act.ASK, Act.SEND_AND_ASK)
    assert asks == (moved_by_itself(seen) and not seen.explained)


def test_a_sale_nobody_reported_is_taken_off_at_once() -> None:
    """Two of five were sold here, one elsewhere: two are left, though the hub knows of one sale."""
    assert next_step(Seen(wanted=4, shown=3, confirmed=5)) == Step(Act.SEND_AND_ASK, 2)
    assert next_step(Seen(wanted=4, shown=3, confirmed=5, may_guess=False)) == Step(Act.ASK)
    assert next_step(Seen(wanted=4, shown=9, confirmed=5)) == Step(Act.ASK)  # no sale raises it
