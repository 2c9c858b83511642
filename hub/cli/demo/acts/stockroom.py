"""A second location, bins, a count that finds one unit less, a transfer, units kept back."""

from typing import Any

from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.goods import Goods, choose_goods
from hub.cli.demo.stage import SECOND, Stage
from hub.cli.demo.waiting import until_quiet

MAIN, EAST = "MAIN", "EAST"
IN_BOTH, KEPT_BACK = 10, 2


def play(stage: Stage) -> None:
    """Set the stockroom up and move units in it."""
    goods = choose_goods(stage)
    _places()
    _bins(goods)
    _count(goods.moved)
    _transfer(goods)
    _keep_back(goods.moved)
    until_quiet("every shop shows it")
    tell("Every unit moved from one account to another; the rows add up to what is there:")
    run("inventory", "show", goods.moved)


def _places() -> None:
    places = {one["code"]: one for one in ask("locations", "list")}
    if not places[MAIN]["street"]:
        tell("A location has an address: the sender of its parcels. A second one joins:")
        run("locations", "change", MAIN, "--street", "7 Pier Street", "--city", "Brooklyn",
            "--region", "NY", "--postal-code", "11201")  # fmt: skip
    if EAST not in places:
        run("locations", "add", EAST, "--title", "East hall", "--country", "US", "--priority",
            "200", "--street", "1 Dock Road", "--city", "Albany", "--region", "NY",
            "--postal-code", "12207")  # fmt: skip


def _bins(goods: Goods) -> None:
    wanted = {goods.both: "A-03", goods.kept: "A-02", goods.moved: "A-01"}
    if len(ask("locations", "bins", MAIN)) < len(wanted):
        for sku, bin in wanted.items():
            run("locations", "put", MAIN, sku, bin)
    run("locations", "walk", MAIN, *sorted(wanted.values()))


def _count(sku: str) -> None:
    if not counted(sku):
        tell("A count finds one unit less than the books: it is counted again, then approved.")
        run("counts", "start", MAIN, sku)
    while (line := counted(sku)) and line["state"] in ("to_count", "recount"):
        run("counts", "enter", line["number"], f"{sku}={_on_hand(sku) - 1}")
    if line and line["state"] == "approve":
        run("counts", "approve", line["number"], sku)
    run("counts", "list", "--all")


def counted(sku: str) -> Any:
    """Give the count of a variant; None before it began."""
    return next((one for one in ask("counts", "list", "--all") if one["sku"] == sku), None)


def _on_hand(sku: str) -> int:
    levels = ask("inventory", "show", sku)["levels"]
    return sum(one["on_hand"] for one in levels if one["location"] == MAIN)


def _transfer(goods: Goods) -> None:
    if not ask("transfers", "list", "--all"):
        tell(f"Units move to {EAST}; on their way they are for sale nowhere.")
        all_of_it = ask("inventory", "show", goods.moved)["stock"]["available"]
        run("transfers", "send", MAIN, EAST, f"{goods.moved}={all_of_it}",
            f"{goods.both}={IN_BOTH}", "--expected", "1d")  # fmt: skip
    under_way = [one for one in ask("transfers", "list") if not one["closed"]]
    if under_way:
        came = [f"{one['sku']}={one['sent'] - one['received']}" for one in under_way]
        run("transfers", "receive", under_way[0]["number"], *came)


def _keep_back(sku: str) -> None:
    promised = ask("inventory", "promise", sku, "--by", "2d")
    if not any(one["buffer"] for one in promised):
        tell(f"{SECOND} is shown {KEPT_BACK} fewer: room for sales that nobody has reported yet.")
        run("inventory", "buffer", SECOND, str(KEPT_BACK))
    run("inventory", "promise", sku, "--by", "2d")
