"""How much is oversold between two channels, measured with the policy that the service drives."""

import os
from math import sqrt
from statistics import mean, stdev

import pytest

from tests.domain.two_channels import Habits, World

RUNS = 1500 if os.environ.get("HUB_PROOF") else 400
GOALS = {0: 0.93, 1: 0.28, 2: 0.06, 3: 0.01}
"""Units oversold a run at most, by buffer."""

BLIND = {0: 1.54, 1: 0.77, 2: 0.31, 3: 0.11}
"""What the study measured of a hub that lowers at once and raises when settled, and no more."""


def measured(habits: Habits, runs: int = RUNS) -> tuple[float, float]:
    """Give the mean of units oversold a run, and twice its standard error."""
    sold = [World(seed, habits).oversold() for seed in range(runs)]
    return mean(sold), 2 * stdev(sold) / sqrt(runs)


@pytest.mark.parametrize("buffer", GOALS)
def test_no_more_is_oversold_than_the_goal_at_each_buffer(buffer: int) -> None:
    units, error = measured(Habits(buffer))
    assert units <= GOALS[buffer] + error


@pytest.mark.parametrize("buffer", [0, 1])
def test_without_a_guess_where_people_type_numbers_the_goal_still_holds(buffer: int) -> None:
    units, error = measured(Habits(buffer, may_guess=False))
    assert units <= GOALS[buffer] + error


@pytest.mark.parametrize("buffer", BLIND)
def test_the_world_is_no_kinder_than_the_one_the_goals_were_measured_in(buffer: int) -> None:
    units, error = measured(Habits(buffer, looks=False, compares=False))
    assert units >= BLIND[buffer] - error
    assert units - error > GOALS[buffer], "a policy without questions must not reach the goal"


def test_sales_reported_quickly_are_worth_a_buffer() -> None:
    quick, _ = measured(Habits(report=0.3))
    late, error = measured(Habits())
    assert quick < late - error
