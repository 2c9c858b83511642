"""Four processes on PostgreSQL and Valkey are shot while customers buy; each order ships once."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from hub.cli.exits import Exit
from hub.store import tables
from hub.testing.carrier.witness import bought_twice
from hub.testing.twins import spawned
from hub.testing.world import HUB_KEY
from tests.journeys.letterbox import Letterbox
from tests.journeys.story import HOOK_SECRET, Story
from tests.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("web", "worker 1", "worker 2", "relay")
BLOWS = ("worker 1", "valkey", "relay", "web", "flush", "worker 2", "worker 1")


class House:
    """The processes of one hub, as an operator runs them; whoever is shot is replaced."""

    def __init__(self, story: Story, redis_url: str, folder: Path) -> None:
        settings = story.world.settings
        self._environment = os.environ | {
            "HUB_HOME": str(settings.home), "HUB_SECRET_KEY": HUB_KEY, "HUB_LEAST_FREE_MB": "0",
            "HUB_ALLOW_HOSTS": settings.allow_hosts, "HUB_PLUGIN_MODULES": settings.plugin_modules,
            "HUB_DATABASE_URL": settings.database_url, "HUB_REDIS_URL": redis_url,
        }  # fmt: skip
        self._folder = folder
        self.members: dict[str, subprocess.Popen[bytes]] = {}
        self.port = 0

    def start(self) -> None:
        for name in MEMBERS:
            self.members[name] = self._spawn(name)
        for name in MEMBERS:
            self._await_work(name, 1)
        log = (self._folder / "web.log").read_text()
        self.port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", log)[0])

    def replace(self, name: str) -> None:
        self.members[name].send_signal(signal.SIGKILL)
        self.members[name].wait()
        lives = self._at_work(name)
        self.members[name] = self._spawn(name)
        self._await_work(name, lives + 1)

    def stop(self) -> dict[str, int]:
        """Stop politely; give how each ended."""
        for process in self.members.values():
            process.terminate()
        return {name: process.wait(timeout=30) for name, process in self.members.items()}

    def kill(self) -> None:
        for process in self.members.values():
            process.send_signal(signal.SIGKILL)
            process.wait()

    def said(self) -> str:
        return "".join(path.read_text() for path in self._folder.glob("*.log"))

    def ready(self) -> dict[str, object]:
        with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
            told: dict[str, object] = json.load(answer)
        return told

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        command = name.split()[0]
        options = ["--port", str(self.port)] if command == "web" else []
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "hub", command, *options],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _at_work(self, name: str) -> int:
        """Count how often this member has said that it works."""
        return (self._folder / f"{name}.log").read_text().count("is at work")

    def _await_work(self, name: str, lives: int) -> None:
        def works() -> bool:
            assert self.members[name].poll() is None, self.said()
            return self._at_work(name) >= lives

        eventually(works)


def eventually(condition: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.05)


@pytest.fixture
def story(tmp_path: Path, fresh_postgres: str) -> Iterator[Story]:
    """Twins in processes of their own, all in real time."""
    with ExitStack() as ending:
        yield Story(tmp_path, ending, spawned, fresh_postgres)


@pytest.fixture
def house(story: Story, own_valkey: ValkeyServer, tmp_path: Path) -> Iterator[House]:
    """The processes of the story's hub, its shop calling their web with every change."""
    story.world.clock.now = datetime.now(UTC)
    shop = story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    folder = tmp_path / "logs"
    folder.mkdir()
    house = House(story, own_valkey.url, folder)
    try:
        house.start()
        (row,) = story.world.rows(tables.connection, code="NYC")
        hook = f"http://127.0.0.1:{house.port}/hooks/{row.hook_token}"
        Letterbox(hook).subscribe(shop, HOOK_SECRET, "order.created", "order.updated")
        for twin in story.world.twins:
            twin.move_to(datetime.now(UTC))
            twin.unfreeze()
        yield house
    finally:
        house.kill()


def degraded(house: House) -> list[str]:
    told = house.ready()
    assert told["ready"], "a web without its broker still takes everything in"
    return [text for text in told["warnings"] if "Redis" in text]  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_hub_of_four_processes_ships_every_order_once_whoever_dies(
    story: Story, house: House, own_valkey: ValkeyServer
) -> None:
    numbers, dice = [story.buy("HB-250")], random.Random(11)
    eventually(lambda: story.labels() == numbers)  # by webhook alone, through all four
    for blow in BLOWS:
        numbers.append(story.buy("HB-250"))
        time.sleep(dice.uniform(0.0, 0.4))  # so that each blow meets another step of the work
        if blow == "flush":
            own_valkey.client.flushall()
        elif blow == "valkey":
            own_valkey.kill()
            numbers.append(story.buy("MUG-SET"))
            eventually(lambda: degraded(house))
            own_valkey.start()
            eventually(lambda: not degraded(house))
        else:
            house.replace(blow)
    assert house.stop() == dict.fromkeys(MEMBERS, Exit.FINE)
    assert sum(job.crash_count + (job.state == "running") for job in story.world.rows(tables.job))

    end_in_peace(story)
    assert sorted(story.labels()) == sorted(numbers)
    assert not bought_twice(story.carrier.log)
    assert {number: len(story.notes(number)) for number in numbers} == dict.fromkeys(numbers, 1)
    assert {story.at_shop(number)["status"] for number in numbers} == {"completed"}
    story.end_well()
    assert HUB_KEY not in house.said() and "Traceback" not in house.said(), house.said()


def end_in_peace(story: Story) -> None:
    """What nobody heard of or finished is found by the next pull, on the story's own clock."""
    story.world.clock.now = datetime.now(UTC)
    for twin in story.world.twins:
        twin.freeze()
    story.world.crash()
    story.world.poll_every(timedelta(hours=6))
    story.sync()
    story.pass_time(hours=2)
    story.hand_over()
    story.pass_time(hours=2)
