"""The demo's customers: each buys once, however often the demo was killed."""

from typing import Any

from hub.cli.demo.commands import run
from hub.cli.demo.stage import SECOND, Stage
from hub.cli.demo.waiting import order, until


def buy(stage: Stage, note: str, **goods: int) -> str:
    """Let a customer buy at the second shop, units by SKU, and the hub hear of it.

    Who buys is told apart by the note; gives the order's number in the hub.
    """
    shop = stage.shops[SECOND].running
    lines = [{"sku": sku, "quantity": units} for sku, units in goods.items()]
    sold = bought(stage, note) or shop.action("place_order", lines=lines, customer_note=note)
    number = f"{SECOND}-{sold['number']}"
    if order(number) is None:
        run("sync", SECOND)
        until(f"{number} is here", lambda: order(number) is not None)
    return number


def anybody_bought(stage: Stage) -> bool:
    """Say whether the second shop has sold anything yet."""
    return bool(stage.shops[SECOND].running.documents("order"))


def bought(stage: Stage, note: str) -> Any:
    """Give what a customer bought, as the shop keeps it; None before."""
    orders = stage.shops[SECOND].running.documents("order")
    return next((one for one in orders if one["customer_note"] == note), None)
