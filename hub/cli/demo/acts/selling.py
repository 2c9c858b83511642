"""A customer buys at the second shop; payment is verified, the first shop's stock follows."""

from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.customers import bought, buy
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import SECOND, Stage
from hub.cli.demo.waiting import phase, until_labelled, until_quiet

NOTE = "the demo: one unit, at the second shop"


def play(stage: Stage) -> None:
    """Sell one unit, ship it, and tell its story; then one order that waits."""
    sku = choose_goods(stage).popular
    told = bought(stage, NOTE) is not None and phase(number_of(stage)) == "in_transit"
    if not told:
        tell(f"A customer buys {sku} at the second shop. Both shops sell from the same stock:")
        number = buy(stage, NOTE, **{sku: 1})
        until_labelled(number)
        run("orders", "handover", number)
        until_quiet("both channels show the new number")
        run("inventory", "show", sku)
    tell("One order, from the shop to the parcel, with the reasons of every decision:")
    run("sync", SECOND)  # so that it shows what the shop now says of it
    run("orders", "show", number_of(stage))
    _tell_of_one_that_waits()


def number_of(stage: Stage) -> str:
    """Give the number of the order that was bought."""
    return f"{SECOND}-{bought(stage, NOTE)['number']}"


def _tell_of_one_that_waits() -> None:
    doubtful = [one for one in ask("orders", "list", "--limit", "10000")
                if one["verification"] == "inconclusive"]  # fmt: skip
    if doubtful:
        tell("One whose payment is in doubt does not ship, and says why:")
        run("orders", "why", doubtful[0]["number"])
