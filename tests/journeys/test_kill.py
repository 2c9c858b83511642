"""`hub serve` is killed with -9 twenty times while customers buy; every order ships once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.services.vendors.connect import sync_now
from hub.store import tables
from hub.testing.carrier.witness import bought_twice
from hub.testing.twins import spawned
from hub.testing.world import HUB_KEY
from tests.journeys.story import Story

KILLS = 20
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Twins in processes of their own and a hub on a real disk, all in real time."""
    with ExitStack() as ending:
        yield Story(tmp_path, ending, spawned)


@contextmanager
def serving(story: Story, log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The hub as an operator runs it, killed without warning at the end."""
    settings = story.world.settings
    given = {
        "HUB_HOME": str(settings.home), "HUB_SECRET_KEY": HUB_KEY, "HUB_LEAST_FREE_MB": "0",
        "HUB_ALLOW_HOSTS": settings.allow_hosts, "HUB_PLUGIN_MODULES": settings.plugin_modules,
    }  # fmt: skip
    command = [sys.executable, "-m", "hub", "serve", "--port", "0"]
    with log.open("ab") as written:
        hub = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | given, stdout=written, stderr=written
        )
        try:
            yield hub
        finally:
            hub.send_signal(signal.SIGKILL)
            hub.wait()


def catch_up_with_the_clock(story: Story) -> None:
    """This test's own hands on the hub work at the present instant."""
    story.world.clock.now = datetime.now(UTC)


def go_on_in_real_time(story: Story) -> None:
    """Let the twins' clocks run: the hub that is to be killed knows no other time."""
    catch_up_with_the_clock(story)
    for twin in story.world.twins:
        twin.move_to(datetime.now(UTC))
        twin.unfreeze()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_hub_killed_twenty_times_ships_every_order_once(story: Story, tmp_path: Path) -> None:
    story.world.clock.now = datetime.now(UTC)
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    go_on_in_real_time(story)
    log, dice, numbers = tmp_path / "hub.log", random.Random(9), []
    for _ in range(KILLS):
        calls = len(story.shops["NYC"].log.answers())
        numbers.append(story.buy("HB-250"))
        catch_up_with_the_clock(story)
        sync_now(story.world.hub, "NYC")
        story.world.hand_over_all()
        with serving(story, log) as hub:
            await_call(story, hub, calls)
            time.sleep(dice.uniform(0.0, 0.5))

    crashes = sum(job.crash_count for job in story.world.rows(tables.job))
    assert crashes >= KILLS // 4, "the kills met no running jobs: they prove nothing"
    catch_up_with_the_clock(story)
    for twin in story.world.twins:
        twin.freeze()
    story.world.crash()  # what the last kill left is taken back by a start, as always
    story.pass_time(hours=2)
    story.hand_over()
    story.pass_time(hours=2)

    assert sorted(story.labels()) == sorted(numbers)
    assert not bought_twice(story.carrier.log)
    assert {number: len(story.notes(number)) for number in numbers} == dict.fromkeys(numbers, 1)
    assert {story.at_shop(number)["status"] for number in numbers} == {"completed"}
    assert story.shown("HB-250") == story.stock("HB-250").sellable
    story.end_well()
    assert HUB_KEY not in log.read_text()


def await_call(story: Story, hub: "subprocess.Popen[bytes]", calls: int) -> None:
    """Wait until the hub has begun to talk to the shop."""
    deadline = time.monotonic() + 30
    while len(story.shops["NYC"].log.answers()) == calls:
        assert hub.poll() is None, "the hub ended by itself"
        assert time.monotonic() < deadline, "the hub never called the shop"
        time.sleep(0.02)
