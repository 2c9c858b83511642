"""What the demo waits for: the hub works by itself, the story only looks."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.cli.demo.commands import ask, console

PATIENCE_S = 600.0
_pause = threading.Event().wait


def until(what: str, done: Callable[[], bool]) -> None:
    """Wait until something is true; raises `TimeoutError` after ten minutes."""
    deadline = time.monotonic() + PATIENCE_S
    with console.status(f"waiting until {what} …"):
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"gave up waiting until {what}; `hub doctor` may say why")
            _pause(0.5)


def until_quiet(what: str) -> None:
    """Wait until nothing runs, and nothing is due soon except the next regular pull."""
    until(what, _is_quiet)


def _is_quiet() -> bool:
    running = ask("jobs", "list", "--state", "running")
    ready = ask("jobs", "list", "--state", "ready")
    soon = time.time() + 20
    return not running and not any(_due(job, soon) for job in ready)


def _due(job: Any, soon: float) -> bool:
    regular = job["kind"].startswith(("pull_", "expire_"))
    return not regular and datetime.fromisoformat(job["run_at"]).timestamp() < soon


def order(number: str) -> Any:
    """Give an order as the list shows it; None while the hub does not know it."""
    found = ask("orders", "list", "--search", number)
    return next((one for one in found if one["number"] == number), None)


def phase(number: str) -> str:
    """Say in which phase an order is; empty while the hub does not know it."""
    found = order(number)
    return found["phase"] if found else ""


def until_labelled(number: str) -> None:
    """Wait until the parcels of an order have their labels, or have left."""
    until(f"{number} is labelled", lambda: _labelled(number))


def _labelled(number: str) -> bool:
    parcels = ask("orders", "show", number)["shipments"]
    return bool(parcels) and all(one["state"] != "draft" for one in parcels)
