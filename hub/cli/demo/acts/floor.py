"""A batch is walked, a shelf is empty, a wrong unit is refused, a box is closed, papers printed."""

from typing import Any

from hub.cli.demo.acts.stockroom import EAST, MAIN, counted
from hub.cli.demo.commands import ask, run, run_refused, tell
from hub.cli.demo.customers import bought, buy
from hub.cli.demo.goods import Goods, choose_goods
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import phase, until, until_labelled, until_quiet

FOUND, MISSING = "the demo: what the picker finds", "the demo: what the picker misses"
UNITS = 2


def play(stage: Stage) -> None:
    """Fetch two orders, one of which is not there; pack, print, hand over."""
    goods = choose_goods(stage)
    if bought(stage, FOUND) is None:
        run("orders", "handover", "--all")
    _boxes(goods.kept)
    if not _is_over():
        tell(f"{MAIN} now buys its labels when a box is closed. Two customers buy:")
        run("locations", "change", MAIN, "--labels", "packed")
    found = buy(stage, FOUND, **{goods.kept: UNITS})
    missing = buy(stage, MISSING, **{goods.both: UNITS})
    batch = _batch(found, missing)
    _walk(stage, batch, goods)
    _tell_of_the_empty_shelf(missing)
    _pack(stage, found, goods)
    _finish(batch, goods.both)


def _boxes(sku: str) -> None:
    if not ask("cartons", "list"):
        run("cartons", "add", "S", "--inside", "300x200x150", "--tare", "120", "--most", "5000")
        run("cartons", "measure", sku, "--size", "200x120x80", "--weight", "300")


def _is_over() -> bool:
    return any(one["state"] == "closed" for one in ask("floor", "batches", "--closed"))


def _batch(*numbers: str) -> str:
    if not ask("floor", "batches", "--closed"):
        until("both are on the floor", lambda: set(numbers) <= _on_the_floor())
        run("floor", "batch", "--at", MAIN)
    return str(ask("floor", "batches", "--closed")[0]["number"])


def _on_the_floor() -> set[str]:
    return {one["number"] for one in ask("floor", "open", "--at", MAIN)}


def _walk(stage: Stage, batch: str, goods: Goods) -> None:
    run("floor", "tasks", batch)
    paper = stage.folder / "pick-list.pdf"
    if not paper.exists():
        run("floor", "picklist", batch, "--out", str(paper))
    for task in ask("floor", "tasks", batch):
        if _left(task):
            words = (batch, str(task["position"]))
            if task["sku"] == goods.both:
                run("floor", "short", *words, "--note", "the shelf is empty")
            else:
                run("floor", "pick", *words)


def _left(task: Any) -> int:
    return int(task["units"] - task["picked"] - task["short"] - task["recalled"])


def _tell_of_the_empty_shelf(number: str) -> None:
    until_labelled(number)
    tell(f"What was not found is sought elsewhere in the same moment; {EAST} has it:")
    run("routing", "explain", number)


def _pack(stage: Stage, number: str, goods: Goods) -> None:
    work = [one for one in ask("floor", "open", "--at", MAIN) if one["number"] == number]
    if work and work[0]["packed"] == 0:
        tell("A wrong unit does not get into the box:")
        run_refused("floor", "scan", number, goods.both)
    if work and (left := work[0]["wanted"] - work[0]["packed"]):
        run("floor", "scan", number, *[goods.kept] * left)
    paper = stage.folder / "packing-slip.pdf"
    if work and not paper.exists():
        run("floor", "slip", number, "--out", str(paper))
    if phase(number) != "in_transit" and not ask("orders", "show", number)["shipments"]:
        run("floor", "pack", number)
    until_labelled(number)


def _finish(batch: str, sku: str) -> None:
    line = counted(sku)
    if line is None:
        tell("Nobody trusts that shelf before it is counted; then the ticket closes by itself:")
        run("tickets", "list")
        run("counts", "start", MAIN, sku)
        line = counted(sku)
    if line["state"] != "booked":
        good = ask("inventory", "show", sku)["levels"]
        here = next(one for one in good if one["location"] == MAIN)
        run("counts", "enter", line["number"], f"{sku}={here['on_hand'] - here['unsellable']}")
    run("orders", "handover", "--all")
    if not _is_over():
        run("locations", "change", MAIN, "--labels", "routed")
        run("floor", "close", batch)
    until_quiet("the shops know of it")
