"""Two shops and a carrier are connected; what was open there is shown, released, handed over."""

import os
from collections.abc import Mapping, Set
from typing import Any

from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.customers import anybody_bought
from hub.cli.demo.stage import CARRIER, FIRST, SECOND, Stage, Vendor
from hub.cli.demo.waiting import until, until_quiet
from hub.sdk.config import secret_fields


def play(stage: Stage) -> None:
    """Connect, read, switch writes on, ship."""
    connected = codes()
    for code, shop in stage.shops.items():
        if code not in connected:
            connect(code, shop)
    if CARRIER not in connected:
        run("connect", stage.carrier.name, "--code", CARRIER, "--set", "currency=USD")
    _import_everything()
    _let_it_write()
    if not anybody_bought(stage):
        _hand_over()


def codes() -> set[str]:
    """Give the codes of what is connected."""
    return {one["code"] for one in ask("connections", "list")}


def connect(code: str, vendor: Vendor) -> None:
    """Connect a simulated vendor."""
    words = _given(vendor.settings, secret_fields(vendor.connector.config_schema))
    run("connect", vendor.connector.name, "--code", code, *words)


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


def _import_everything() -> None:
    tell("A new connection only reads, at once and by itself. What was found is shown as a plan:")
    for code in (FIRST, SECOND):
        run("sync", code)
    until("the books are open", _books_are_open)
    run("connections", "plan", FIRST)


def _books_are_open() -> bool:
    shops = [one for one in ask("connections", "list") if one["code"] in (FIRST, SECOND)]
    return len(shops) == 2 and all(one["books_opened_at"] for one in shops)


def _let_it_write() -> None:
    writes = {one["code"]: one["writes"] for one in ask("connections", "list")}
    if writes[FIRST]:
        return
    tell("Nothing ships before you say so. Writes on; the imported orders are released:")
    for code in (SECOND, CARRIER):
        run("connections", "writes", code, "on")
    run("connections", "writes", FIRST, "on", "--release", "all", "--yes")


def _hand_over() -> None:
    until_quiet("labels are bought, stock is published")
    tell("A label is not a hand-over: stock leaves when the parcel does.")
    run("orders", "handover", "--all")
    until_quiet("the shop knows of every parcel")
