"""The command line in this process, and a hub that has lived a little, made by commands only."""

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from hub.testing.twins import RunningTwin, running

TWIN = "hub_woocommerce.twin:twin"
KEYS = {"HUB_SECRET_CONSUMER_KEY": "ck_twin", "HUB_SECRET_CONSUMER_SECRET": "cs_twin"}
SECRETS = ("--secret", "consumer_key", "--secret", "consumer_secret")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs commands against one home folder."""

    home: Path
    allow: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *args: str, code: int | None = 0, given: str = "", **env: str) -> Said:
        variables = {
            "HUB_HOME": str(self.home), "HUB_ALLOW_HOSTS": ",".join(self.allow), "NO_COLOR": "1",
            **self.env, **env,
        }  # fmt: skip
        handlers, level = logging.root.handlers[:], logging.root.level
        try:
            result = CliRunner().invoke(app, list(args), input=given, env=variables)
        finally:
            logging.root.handlers[:], logging.root.level = handlers, level
        said = Said(result.exit_code, result.stdout, result.stderr)
        assert not isinstance(result.exception, Exception) or isinstance(
            result.exception, SystemExit
        ), result.exception
        if code is not None:
            assert said.code == code, (args, said)
        return said

    def json(self, *args: str, code: int | None = 0, **env: str) -> Any:
        """Run with --json and give what was printed."""
        return self(*args, "--json", code=code, **env).data

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Change or read the database behind the hub's back."""
        database = sqlite3.connect(self.home / "hub.db")
        try:
            with database:
                return database.execute(statement, values).fetchall()
        finally:
            database.close()


def host(twin: RunningTwin) -> str:
    """Give the address to be allowed."""
    return twin.url.split("//")[1]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    """A shop with one order that nobody can read."""
    with running(TWIN, data=tmp_path_factory.mktemp("shop") / "twin.db") as twin:
        twin.action("corrupt_order", order_id=140, what="currency")
        yield twin


@pytest.fixture(scope="session")
def lived_home(shop: RunningTwin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with an imported shop, one parcel that left and one that waits with its label."""
    hub = Cli(tmp_path_factory.mktemp("hub") / "home", [host(shop)], KEYS)
    hub("init")
    hub("connect", "woocommerce", "--code", "NYC", "--set", f"url={shop.url}", *SECRETS)
    hub("connect", "flatrate", "--code", "POST", "--set", "currency=USD")
    hub("sync", "NYC", code=7)
    hub("connections", "writes", "POST", "on")
    hub("connections", "writes", "NYC", "on", "--yes",
        "--release", "NYC-123", "--release", "NYC-127")  # fmt: skip
    hub("sync", "NYC", code=7)  # the unreadable order is the newest, so every pull meets it
    hub("orders", "handover", "NYC-123")
    hub("sync", "NYC", code=7)  # the unreadable order is the newest, so every pull meets it
    return hub.home


@pytest.fixture
def hub(tmp_path: Path) -> Cli:
    """The command line on an empty folder."""
    return Cli(tmp_path / "home")


@pytest.fixture
def lived(lived_home: Path, shop: RunningTwin, tmp_path: Path) -> Cli:
    """The command line on a copy of the hub that has lived a little."""
    home = tmp_path / "home"
    shutil.copytree(lived_home, home)
    return Cli(home, [host(shop)])
