"""Budget and breaker, by the second: what is declared is kept, and what was cut heals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk.pacing import (
    FIRST_PROBE,
    LEAST_SHARE,
    LONGEST_CLOSED,
    LONGEST_PROBE,
    Breaker,
    Budget,
    Pace,
    is_failing,
    room,
)

T = 1_800_000_000.0
FIVE = Pace(per_second=5.0, burst=5.0)


def calls_until(budget: Budget, pace: Pace, start: float, end: float) -> tuple[int, Budget]:
    """Call as often as it goes."""
    now, made = start, 0
    while now <= end:
        budget, taken, wait = budget.take(pace, now)
        made += taken
        now += wait
    return made, budget


def test_what_was_saved_up_goes_at_once_and_then_the_declared_rate() -> None:
    at_once, budget = calls_until(Budget(), FIVE, T, T)
    assert at_once == 5
    after, _ = calls_until(budget, FIVE, T, T + 10)
    assert 49 <= after <= 50


def test_a_wait_that_was_waited_for_is_enough() -> None:
    _, budget = calls_until(Budget(), FIVE, T, T)
    _, taken, wait = budget.take(FIVE, T)
    assert (taken, round(wait, 6)) == (0, 0.2)
    assert budget.take(FIVE, T + wait)[1] == 1


def test_calls_are_taken_in_bundles_of_what_is_there() -> None:
    budget, taken, _ = Budget().take(FIVE, T, most=3)
    assert taken == 3
    budget, taken, _ = budget.take(FIVE, T, most=3)
    assert taken == 2
    assert budget.take(FIVE, T, most=3)[1] == 0


def test_a_vendor_without_a_rate_is_not_slowed_until_it_asks() -> None:
    free = Pace()
    budget, taken, _ = Budget().take(free, T, most=1000)
    assert (budget, taken) == (Budget(), 1000)
    slowed = budget.cut(T, 0.5)
    made, _ = calls_until(slowed, free, T, T + 2)
    assert 12 <= made <= 18, "half of ten a second, and what half a burst saved up"
    assert slowed.take(free, T + 60, most=1000)[1] == 1000, "healed"


def test_a_cut_halves_and_heals_by_doubling_every_minute() -> None:
    once = Budget().cut(T, 0.5)
    twice = once.cut(T, 0.5)
    assert (once.share_at(T), twice.share_at(T)) == (0.5, 0.25)
    assert twice.share_at(T + 60) == 0.5
    assert twice.share_at(T + 3600) == 1.0
    for _ in range(50):
        twice = twice.cut(T, 0.5)
    assert twice.share_at(T) == LEAST_SHARE, "never quite nothing"


@pytest.mark.parametrize(
    ("concurrency", "share", "jobs"),
    [(2, 1.0, 2), (2, 0.8, 1), (10, 0.5, 5), (10, 0.1, 1), (3, 2 / 3, 2), (1, 1.0, 1),
     (2, LEAST_SHARE, 1)],
)  # fmt: skip
def test_fewer_call_at_once_while_less_of_the_rate_is_used(
    concurrency: int, share: float, jobs: int
) -> None:
    assert room(concurrency, share) == jobs


def test_a_vendor_that_names_a_time_is_left_alone_until_then() -> None:
    closed = Budget().cut(T, 0.5, closed_for=90)
    assert closed.take(FIVE, T + 30)[1:] == (0, 60.0)
    assert closed.take(FIVE, T + 90)[1] == 1
    for_ever = Budget().cut(T, 0.5, closed_for=10**9)
    assert for_ever.closed_until == T + LONGEST_CLOSED
    shorter = closed.cut(T, 1.0, closed_for=1)
    assert shorter.closed_until == closed.closed_until, "a shorter wish does not open it"


@pytest.mark.parametrize("jump", [-86_400 * 365, -86_400, -7_200, 86_400, 86_400 * 365])
def test_a_clock_that_jumps_costs_one_usual_wait(jump: float) -> None:
    _, budget = calls_until(Budget().cut(T, 0.5, closed_for=600), FIVE, T, T + 700)
    now = T + 700 + jump
    budget, taken, wait = budget.take(FIVE, now)
    if not taken:
        assert wait <= 2.0
        assert budget.take(FIVE, now + wait)[1] == 1
    breaker = Breaker().opened(T)
    assert breaker.enter(T + jump)[1] <= LONGEST_PROBE


@given(
    st.floats(0.1, 100), st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 20)), max_size=40),
)  # fmt: skip
def test_whatever_is_asked_when_the_declared_rate_is_kept(
    rate: float, burst: int, asks: list[tuple[float, int]]
) -> None:
    pace, budget, now, made = Pace(rate, burst), Budget(), T, 0
    for pause, most in asks:
        now += pause
        budget, taken, wait = budget.take(pace, now, most)
        made += taken
        assert 0 <= taken <= most
        assert bool(taken) != bool(wait > 0)
        assert made <= burst + rate * (now - T) + 1e-3


def test_a_breaker_opens_at_five_failures_that_are_half_of_the_last_twenty() -> None:
    assert not is_failing([True] * 4)
    assert is_failing([True] * 5)
    assert is_failing([True, False] * 5)
    assert not is_failing([True] * 5 + [False] * 6)
    assert not is_failing([True] * 100 + [False] * 20), "only the last twenty count"


def test_one_probe_at_a_time_with_growing_pauses() -> None:
    breaker, now, pauses = Breaker().opened(T), T, []
    for _ in range(8):
        breaker, wait = breaker.enter(now)
        assert wait > 0, "nobody may call"
        pauses.append(round(wait))
        now += wait
        breaker, wait = breaker.enter(now)
        assert wait == 0.0, "this one is the probe"
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    assert pauses[0] == FIRST_PROBE and pauses[-1] == LONGEST_PROBE


def test_a_closed_breaker_asks_nothing() -> None:
    assert Breaker().enter(T) == (Breaker(), 0.0)
    assert not Breaker().is_open
