"""The demo's story. Every step looks first whether it is done, so a kill is only a pause."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Set
from datetime import datetime
from typing import Any

from hub.cli.demo.commands import ask, console, run, tell
from hub.cli.demo.stage import CARRIER, FIRST, SECOND, Stage
from hub.sdk.config import secret_fields

PATIENCE_S = 600.0
_pause = threading.Event().wait
MARK = "bought for the demo"


def connect(stage: Stage) -> None:
    """Connect both shops and the carrier."""
    connected = {one["code"] for one in ask("connections", "list")}
    for code, twin in stage.shops.items():
        if code not in connected:
            settings = stage.twin.connects(twin.url)
            words = _given(settings, secret_fields(stage.shop.config_schema))
            run("connect", stage.shop.name, "--code", code, *words)
    if CARRIER not in connected:
        run("connect", stage.carrier.name, "--code", CARRIER, "--set", "currency=USD")


def _given(settings: Mapping[str, Any], secrets: Set[str]) -> list[str]:
    """Give settings as options; secrets go by the environment, as they would in a script."""
    words: list[str] = []
    for name, value in settings.items():
        if name in secrets:
            os.environ[f"HUB_SECRET_{name.upper()}"] = str(value)
            words += ["--secret", name]
        else:
            words += ["--set", f"{name}={value}"]
    return words


def import_everything() -> None:
    """Wait for the first complete sync, then show what it found."""
    tell("A new connection only reads, at once and by itself. What was found is shown as a plan:")
    for code in (FIRST, SECOND):
        run("sync", code)
    _wait("the books are open", _books_are_open)
    run("connections", "plan", FIRST)


def _books_are_open() -> bool:
    shops = [one for one in ask("connections", "list") if one["code"] in (FIRST, SECOND)]
    return len(shops) == 2 and all(one["books_opened_at"] for one in shops)


def let_it_write() -> None:
    """Switch writes on and release what the shop had open."""
    tell("Nothing ships before you say so. Writes on; the imported orders are released:")
    for code in (SECOND, CARRIER):
        run("connections", "writes", code, "on")
    run("connections", "writes", FIRST, "on", "--release", "all", "--yes")
    _wait("labels are bought, stock is published", _is_quiet)


def hand_over() -> None:
    """Hand every labelled parcel to the carrier; the shop is told of each."""
    tell("A label is not a hand-over: stock leaves when the parcel does.")
    run("orders", "handover", "--all")
    _wait("the shop knows of every parcel", _is_quiet)


def sell_on_the_other_channel(stage: Stage) -> str:
    """A customer buys at the second shop; the first one's stock follows. Gives the number."""
    sold = _already_sold(stage)
    sku = sold["line_items"][0]["sku"] if sold else _a_sku_with_stock()
    tell(f"A customer buys {sku} at the second shop. Both shops sell from the same stock:")
    run("inventory", "show", sku)
    order = sold or stage.shops[SECOND].action(
        "place_order", lines=[{"sku": sku, "quantity": 1}], customer_note=MARK
    )
    number = f"{SECOND}-{order['number']}"
    run("sync", SECOND)
    _wait(f"{number} is labelled", lambda: _phase(number) in ("in_warehouse", "in_transit"))
    run("orders", "handover", "--all")
    _wait("both channels show the new number", _is_quiet)
    run("inventory", "show", sku)
    return number


def _a_sku_with_stock() -> str:
    items = ask("inventory", "show")
    return max(items, key=lambda item: (item["available"] or 0, item["sku"]))["sku"]


def _already_sold(stage: Stage) -> Any:
    orders = stage.shops[SECOND].documents("order")
    return next((one for one in orders if one["customer_note"] == MARK), None)


def _phase(number: str) -> str:
    found = ask("orders", "list", "--search", number)
    return found[0]["phase"] if found else ""


def tell_one_order(number: str) -> None:
    """Tell the story of one order with its reasons, and of one that waits."""
    tell("One order, from the shop to the parcel, with the reasons of every decision:")
    run("sync", SECOND)  # so that it shows what the shop now says of it
    run("orders", "show", number)
    waiting = ask("orders", "list", "--phase", "awaiting_stock")
    if waiting:
        tell("And one that waits, with the reason:")
        run("orders", "why", waiting[0]["number"])


def count() -> None:
    """Count where all orders are."""
    phases = Counter(one["phase"] for one in ask("orders", "list", "--limit", "10000"))
    tell("Where all orders are now:")
    for phase, orders in phases.most_common():
        console.print(f"  {orders:>5}  {phase}")


def _is_quiet() -> bool:
    """Nothing runs, and nothing is due within a few seconds except the next regular pull."""
    running = ask("jobs", "list", "--state", "running")
    ready = ask("jobs", "list", "--state", "ready")
    soon = time.time() + 20
    return not running and not any(_due(job, soon) for job in ready)


def _due(job: Any, soon: float) -> bool:
    regular = job["kind"].startswith(("pull_", "expire_"))
    return not regular and datetime.fromisoformat(job["run_at"]).timestamp() < soon


def _wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    with console.status(f"waiting until {what} …"):
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"gave up waiting until {what}; `hub doctor` may say why")
            _pause(0.5)
