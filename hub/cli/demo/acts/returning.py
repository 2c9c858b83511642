"""A return: asked for, approved by the policy, received, graded B, partly refunded."""

from typing import Any

from hub.cli.demo.acts import selling
from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import until


def play(stage: Stage) -> None:
    """Let the customer of the second act send the unit back."""
    sku, number = choose_goods(stage).popular, selling.number_of(stage)
    one = f"{sku}=1"
    if not ask("returns", "list", "--order", number):
        tell(f"The customer of {number} changes their mind. The policy decides, and says why:")
        run("returns", "request", number, one, "--reason", "changed_mind", "--condition", "opened")
    rma = ask("returns", "list", "--order", number)[0]["number"]
    if not _line(rma)["received"]:
        until("the label for the way back is settled", lambda: _label_is_settled(rma))
        run("returns", "receive", rma, one, "--command-id", "demo")
    if not _line(rma)["graded"]:
        tell("Graded B: 80 % is given back, and the unit is sold no more as new.")
        run("returns", "grade", rma, one, "--grade", "B", "--dry-run")
        run("returns", "grade", rma, one, "--grade", "B")
    until("the shop has paid back", lambda: _line(rma)["money"] == "refunded")
    run("returns", "show", rma)
    run("returns", "why", rma)
    run("inventory", "show", sku)


def _line(rma: str) -> Any:
    return ask("returns", "show", rma)["lines"][0]


def _label_is_settled(rma: str) -> bool:
    return not any(parcel.startswith("draft") for parcel in ask("returns", "show", rma)["parcels"])
