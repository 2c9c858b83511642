"""`hub web`, `hub worker`, `hub relay`: what they refuse, and how they start and stop."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli.running import refuse_alone
from hub.settings import Settings
from tests.cli.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
REDIS = "redis://:canary-pass-41@127.0.0.1:1/0"


@pytest.mark.parametrize("command", ["web", "worker", "relay"])
def test_a_part_of_a_hub_does_not_run_on_a_file_or_without_a_broker(hub: Cli, command: str) -> None:
    alone = hub(command, code=2).err
    assert "Set HUB_DATABASE_URL and HUB_REDIS_URL" in alone and "`hub serve`" in alone
    assert "share PostgreSQL" in hub(command, code=2, HUB_REDIS_URL=REDIS).err
    said = hub(command, code=2, HUB_DATABASE_URL="postgresql://nobody@127.0.0.1:1/hub").err
    assert "Set HUB_REDIS_URL" in said


def test_with_both_it_is_not_refused() -> None:
    refuse_alone(Settings(database_url="postgresql://x", redis_url=REDIS), "worker")


def test_a_broker_address_that_cannot_be_read_is_named_and_not_shown(hub: Cli) -> None:
    hub("init")
    said = hub("serve", "--port", "0", code=2, HUB_REDIS_URL="canary-pass-41").err
    assert "HUB_REDIS_URL" in said and "canary" not in said


def test_a_worker_and_a_relay_say_when_they_work_and_stop_when_told(
    hub: Cli, fresh_postgres: str, valkey: str
) -> None:
    given = {"HUB_DATABASE_URL": fresh_postgres, "HUB_REDIS_URL": valkey}
    hub("init", **given)
    environment = os.environ | given | {"HUB_HOME": str(hub.home)}
    members = {
        name: subprocess.Popen(
            [sys.executable, "-m", "hub", name, "--json"], cwd=ROOT, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for name in ("worker", "relay")
    }  # fmt: skip
    for name, process in members.items():
        assert process.stdout is not None
        told = json.loads("".join(process.stdout.readline().decode() for _ in range(5)))
        assert (told["at_work"], told["process"]) == (name, process.pid)
        process.terminate()
    for process in members.values():
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0 and b"has stopped" in said and b"Traceback" not in said
