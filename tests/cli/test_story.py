"""A whole small story by commands alone, beside a running `hub serve`."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hub.testing.twins import SpawnedTwin, spawned
from tests.cli.conftest import KEYS, SECRETS, TWIN, Cli, host

HOOK_SECRET = "whsec"
WITHIN_S = 30.0


@contextmanager
def serving(hub: Cli) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """`hub serve` in a process of its own, and its address."""
    environment = os.environ | {
        "HUB_HOME": str(hub.home), "HUB_ALLOW_HOSTS": ",".join(hub.allow), "HUB_THREADS": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "hub", "serve", "--port", "0"]
    with (hub.home.parent / "serve.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), (hub.home.parent / "serve.log").read_text()
    try:
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def wait_for(what: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + WITHIN_S, threading.Event()
    while not what():
        assert time.monotonic() < deadline, what
        pause.wait(0.1)


def end(process: "subprocess.Popen[str]", how: signal.Signals) -> int:
    process.send_signal(how)
    return process.wait(timeout=20)


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[SpawnedTwin]:
    with spawned(TWIN, data=tmp_path / "twin.db") as twin:
        yield twin


@pytest.fixture
def story(hub: Cli, twin: SpawnedTwin) -> Cli:
    hub.allow = [host(twin)]
    hub("init")
    hub("connect", "woocommerce", "--code", "NYC", "--set", f"url={twin.url}", *SECRETS,
        "--secret", "webhook_secret", HUB_SECRET_WEBHOOK_SECRET=HOOK_SECRET, **KEYS)  # fmt: skip
    hub("connect", "flatrate", "--code", "POST", "--set", "currency=USD")
    return hub


def ring(hub: Cli, twin: SpawnedTwin, address: str, order_id: int) -> httpx.Response:
    body = json.dumps({"id": order_id}).encode()
    signature = base64.b64encode(hmac.new(HOOK_SECRET.encode(), body, hashlib.sha256).digest())
    where = hub.json("connections", "show", "NYC")["hook_path"]
    headers = {
        "x-wc-webhook-topic": "order.created", "x-wc-webhook-source": f"{twin.url}/",
        "x-wc-webhook-signature": signature.decode(),
    }  # fmt: skip
    return httpx.post(address + where, content=body, headers=headers, trust_env=False)


@pytest.mark.slow
def test_from_an_empty_folder_to_a_parcel_the_shop_knows_of(story: Cli, twin: SpawnedTwin) -> None:
    hub = story
    with serving(hub) as (process, address):
        assert [job["state"] for job in hub.json("sync", "NYC")["jobs"]][:2] == ["succeeded"] * 2
        wait_for(lambda: hub.json("connections", "list")[0]["books_opened_at"] is not None)
        plan = hub.json("connections", "plan", "NYC")
        assert plan["history"] == 13 and "NYC-123" in plan["may_ship"]
        hub("connections", "writes", "POST", "on")
        hub("connections", "writes", "NYC", "on", "--release", "NYC-123", "--yes")

        phase = lambda: hub.json("orders", "show", "NYC-123")["phase"]  # noqa: E731
        wait_for(lambda: phase() == "in_warehouse")
        hub("orders", "handover", "NYC-123")
        wait_for(lambda: twin.document("order", 123)["status"] == "completed")

        placed = twin.action("place_order", lines=[{"sku": "HB-250", "quantity": 2}])
        assert ring(hub, twin, address, placed["id"]).status_code == 200
        number = f"NYC-{placed['number']}"
        wait_for(lambda: bool(hub.json("orders", "list", "--search", number)))
        wait_for(lambda: hub.json("orders", "show", number)["phase"] == "in_warehouse")

        assert httpx.get(f"{address}/ready", trust_env=False).status_code == 200
        assert "another engine" in hub("serve", "--port", "0", code=5).err
        assert "another engine" in hub("db", "upgrade", code=5).err
        assert end(process, signal.SIGTERM) == 0
    assert all(one["holds"] for one in hub.json("inventory", "verify"))
    told = [one for one in twin.log.effects("note_added", 123) if one.detail["to_customer"]]
    assert len(told) == 1 and "on its way" in told[0].reference
    (parcel,) = hub.json("orders", "show", "NYC-123")["shipments"]
    assert {one["kind"]: one["state"] for one in parcel["effects"]} == {
        "label": "succeeded", "announcement": "succeeded",
    }  # fmt: skip
    assert hub.json("jobs", "list", "--state", "running") == []


@pytest.mark.slow
def test_a_hub_that_was_killed_goes_on_where_it_was(story: Cli, twin: SpawnedTwin) -> None:
    with serving(story) as (process, _):
        wait_for(lambda: bool(story.json("orders", "list")))
        process.kill()
        process.wait()
    said = story.json("sync", "NYC")
    # a pull that was cut off makes way for the one that was just asked for
    assert {job["state"] for job in said["jobs"]} <= {"succeeded", "superseded"}
    assert said["books_opened_at"] is not None
    assert len(story.json("orders", "list")) == 31
    assert all(one["holds"] for one in story.json("inventory", "verify"))


@pytest.mark.slow
def test_ctrl_c_stops_it_cleanly_with_130(story: Cli) -> None:
    with serving(story) as (process, address):
        assert httpx.get(f"{address}/health", trust_env=False).json() == {"alive": True}
        assert end(process, signal.SIGINT) == 130
        log = (story.home.parent / "serve.log").read_text()
        assert "nothing that was accepted is lost" in log and "Traceback" not in log


def test_a_port_that_is_taken_is_a_conflict(lived: Cli, shop: SpawnedTwin) -> None:
    port = shop.url.rpartition(":")[2]
    said = lived("serve", "--port", port, code=5).err
    assert "(Address already in use); choose another with --port" in said
