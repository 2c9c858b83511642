"""`hub twin` and `hub plugin new`, as a person types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from typer.testing import CliRunner, Result

from hub.cli.main import app

CARRIER = "hub.testing.carrier.twin:key_only"


def hub(*line: str, modules: str = "") -> Result:
    return CliRunner().invoke(app, list(line), env={"HUB_PLUGIN_MODULES": modules})


@contextmanager
def started(folder: Path, *line: str) -> Iterator[subprocess.Popen[str]]:
    env = os.environ | {"HUB_PLUGIN_MODULES": "hub.testing.scaffold.storefront"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "twin", *line], cwd=folder, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_document(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("}"):
            break
    return dict(json.loads(text))


def test_a_twin_alone_says_how_to_use_it_and_stops_cleanly(tmp_path: Path) -> None:
    with started(tmp_path, "acme", "--profile", "worst", "--seed", "7", "--json",
                 "--option", "shop=Corner shop") as process:  # fmt: skip
        told = first_document(process)
        assert told["settings"] == {"url": told["address"], "token": "acme-token"}
        weather = httpx.get(f"{told['control']}/profile").json()
        assert (weather["name"], weather["seed"]) == ("worst", 7)
        httpx.put(f"{told['control']}/profile", json={"name": "calm"})
        key = {"authorization": "Bearer acme-token"}
        answer = httpx.get(f"{told['address']}/account", headers=key)
        assert answer.json()["name"] == "Corner shop"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said and "acme-twin.db keeps what happened" in said
    assert (tmp_path / "acme-twin.db").exists()


def test_people_are_told_the_whole_command_that_connects_a_hub(tmp_path: Path) -> None:
    with started(tmp_path, "acme") as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "hub connect" in line)
    assert "HUB_ALLOW_HOSTS=127.0.0.1:" in line and "HUB_SECRET_TOKEN=acme-token" in line
    assert "hub connect acme --code TWIN --set url=http://127.0.0.1:" in line
    assert line.rstrip().endswith("--secret token")


def test_the_installed_twins_are_listed_with_their_import_strings() -> None:
    listed = hub("twin", "--list", "--json", modules="hub.testing.carrier")
    twins = {row["name"]: row["twin"] for row in json.loads(listed.stdout)}
    assert twins["scripted-key-only"] == CARRIER


def test_a_twin_nobody_knows_is_not_found() -> None:
    assert hub("twin", "ghost").exit_code == 3
    assert "brings a twin" in hub("twin", "ghost").stderr


def test_a_wrong_line_is_explained() -> None:
    assert (hub("twin").exit_code, hub("twin").stderr) == (
        2, "hub: name a twin; hub twin --list lists them\n"
    )  # fmt: skip
    assert "there are calm" in hub("twin", CARRIER, "--profile", "fog").stderr
    assert "name=value" in hub("twin", CARRIER, "--option", "token").stderr


def test_a_new_package_is_written_and_the_next_step_named(tmp_path: Path) -> None:
    said = hub("plugin", "new", "brightcart", "--out", str(tmp_path), "--json")
    told = json.loads(said.stdout)
    assert "hub_brightcart/twin.py" in told["files"] and "pytest" in said.stderr
    assert (tmp_path / "hub-brightcart" / "pyproject.toml").exists()
    again = hub("plugin", "new", "brightcart", "--out", str(tmp_path))
    assert again.exit_code == 2 and "not empty" in again.stderr
