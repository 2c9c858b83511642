"""A week of the worst weather at three shops: at its end nothing differs, and it was all seen."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.reports.incidents import WEEK, history
from hub.services.vendors.connect import held_orders
from hub.services.vendors.drift import find_drift
from hub.testing.twins import RunningTwin
from tests.journeys.conftest import memory_or
from tests.journeys.front_door import open_door
from tests.journeys.story import Story

SHOPS = {"NYC": "America/New_York", "BER": "Europe/Berlin", "LON": "Europe/London"}
SKUS = ("HB-250", "MUG-SET")
HOURS = 3
"""Between two looks at what customers do."""


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[Story, str]]:
    """Three shops and a carrier, connected on a calm day, and the hub's own address."""
    with ExitStack() as ending:
        story = Story(ending.enter_context(memory_or(tmp_path)), ending)
        address = ending.enter_context(open_door(story.world))
        for place, (code, zone) in enumerate(SHOPS.items()):
            story.open_shop(
                code, orders=0, only_products=",".join(SKUS), timezone=zone, second=min(place, 1),
                id_shift=place * 100_000, stock_factor=0 if place else 3,
            )  # fmt: skip
        story.open_carrier()
        for code in SHOPS:
            story.connect_shop(code)
        story.connect_carrier()
        story.world.run()
        story.world.writes_on(*SHOPS)
        story.world.run()
        yield story, address


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_the_worst_week_nothing_differs_and_it_was_all_seen(
    door: tuple[Story, str],
) -> None:
    story, address = door
    story.world.poll_every(timedelta(hours=1))
    vendors = [*story.shops.values(), story.carrier]
    for seed, vendor in enumerate(vendors):
        vendor.profile("worst", seed=seed)
    dice, bought, seen = random.Random(7), [], set[str]()
    for hour in range(0, 7 * 24, HOURS):
        bought += _customers(story, dice) if hour < 6 * 24 else []
        story.pass_time(hours=HOURS)
        seen |= _told(address)
        if hour % 24 == 18:
            story.hand_over()
    story.hand_over()
    story.pass_time(days=2)
    for code in SHOPS:
        assert not held_orders(story.world.hub, code)
        assert find_drift(story.world.hub, code) == []
    assert {story.phase(number) for number in bought} <= {"delivered", "shipped", "awaiting_stock"}
    story.end_well()
    with story.world.hub.store.reading() as database:
        week = history(database, story.world.clock() - 2 * WEEK)
    assert week.incidents, "a week like this leaves traces"
    assert all(one.healed_at for one in week.incidents), week.incidents
    assert seen >= set(SHOPS), "the status page said of every shop that something was wrong"


def _customers(story: Story, dice: random.Random) -> list[str]:
    """What happens at the shops in a few hours."""
    return [story.buy(dice.choice(SKUS), at=code) for code in SHOPS if dice.random() < 0.2]


def _told(address: str) -> set[str]:
    """Give the shops of which the status page says now that something is wrong."""
    page = httpx.get(f"{address}/").text
    return {code for code in SHOPS if code in page and "failing" in page}


def _faults(vendor: RunningTwin) -> int:
    return sum(1 for _ in vendor.log.faults())
