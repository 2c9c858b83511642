"""Stock runs out, a proposal says why what should be bought; it comes, partly damaged."""

from typing import Any

from hub.cli.demo.acts.rules import in_force
from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.customers import buy
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import phase, until, until_labelled

NOTE = "the demo: more than there is"
SUPPLIER = "ACME"
POLICY = """\
[[choices]]
name = "scarce"
sku = "{sku}"

[choices.settings]
rule = "min_max"
minimum = 6
maximum = 24
"""


def play(stage: Stage) -> None:
    """Sell more than there is, buy, receive, serve who waited."""
    sku = choose_goods(stage).scarce
    left = ask("inventory", "show", sku)["stock"]["available"]
    number = buy(stage, NOTE, **{sku: left + 2})
    if _purchase() is None:
        until(f"{number} waits", lambda: phase(number) == "awaiting_stock")
        tell(f"Two shops sold more of {sku} than there is: the order waits, and says so.")
        run("orders", "why", number)
    _supplier(stage, sku)
    _order(stage, sku)
    _receive(sku)
    until_labelled(number)
    tell("The units that came served who waited. What the supplier keeps of its word:")
    run("orders", "why", number)
    run("purchases", "show", _purchase()["number"])
    run("suppliers", "scorecard", SUPPLIER)


def _supplier(stage: Stage, sku: str) -> None:
    if not ask("suppliers", "list"):
        run("suppliers", "add", SUPPLIER, "--title", "Acme Wholesale", "--currency", "USD",
            "--lead-days", "5")  # fmt: skip
    if not ask("suppliers", "items", SUPPLIER):
        run("suppliers", "sells", SUPPLIER, sku, "1:4.20 24:3.85", "--pack", "6", "--moq", "6")
    if not in_force("reorder_policy"):
        file = stage.folder / "reorder-policy.toml"
        file.write_text(POLICY.format(sku=sku))
        run("rules", "apply", "reorder_policy", str(file))


def _order(stage: Stage, sku: str) -> None:
    if _purchase() is None and not ask("proposals", "list", "--state", "accepted"):
        if not ask("proposals", "list"):
            run("proposals", "plan")
        run("proposals", "list")
        tell("Why so many? The rule, its numbers, the demand, the price:")
        run("proposals", "show", sku)
        run("proposals", "approve", sku)
    if _purchase() is None:
        run("proposals", "order")
    number = _purchase()["number"]
    if _purchase()["state"] == "draft":
        run("purchases", "approve", number)
    if _purchase()["state"] == "approved":
        tell("No mailbox is connected here, so a person sends the PDF that the hub writes:")
        papers = stage.folder / "purchases"
        papers.mkdir(exist_ok=True)
        run("purchases", "send", number, "--out", str(papers), "--sent")
    if _purchase()["state"] == "sent":
        run("purchases", "ack", number, "--expected", "5d", "--reference", "A-77")
        run("inventory", "incoming")


def _purchase() -> Any:
    return next(iter(ask("purchases", "list")), None)


def _receive(sku: str) -> None:
    order = _purchase()
    if order["received"] == 0:
        tell("The supplier brings it; two units are damaged and are not for sale:")
        good = order["ordered"] - 2
        run("purchases", "receive", order["number"], f"{sku}={good}", f"{sku}=2:damaged",
            "--note", "crushed", "--command-id", "demo")  # fmt: skip
