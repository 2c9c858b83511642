"""A carrier loses a parcel: a ticket opens, the goods are sent again, the ticket closes."""

from typing import Any

from hub.cli.demo.acts.arrival import codes, connect
from hub.cli.demo.commands import ask, run, tell
from hub.cli.demo.customers import buy
from hub.cli.demo.goods import choose_goods
from hub.cli.demo.stage import CARRIER, TRACKED, Stage
from hub.cli.demo.waiting import phase, until, until_labelled

NOTE = "the demo: a parcel that never arrives"
LOST = [{"after": 0, "code": "ACC", "text": "Accepted"}, {"after": 0, "code": "LST"}]
DELIVERED = [{"after": 0, "code": "ACC", "text": "Accepted"}, {"after": 0, "code": "DLV"}]


def play(stage: Stage) -> None:
    """Let a parcel get lost, send it again, and let that one arrive."""
    _change_carriers(stage)
    number = buy(stage, NOTE, **{choose_goods(stage).parcel: 1})
    _ship(stage, number, LOST)
    until("the carrier has said it", lambda: _incident(number) is not None)
    if not _sent_again(number):
        tell("The carrier has lost it. An exception opened one ticket, with its clock running:")
        run("exceptions", "list")
        run("tickets", "list")
        run("orders", "reship", number, "--reason", "lost", "--yes")
    again = _sent_again(number)[0]["number"]
    _ship(stage, again, DELIVERED)
    until(f"{again} has arrived", lambda: phase(again) == "delivered")
    until("the ticket is closed", lambda: _incident(number)["closed_at"] is not None)
    tell("What was sent again has arrived: the ticket was closed by itself.")
    run("tickets", "show", _incident(number)["ticket"])
    _ask_by_hand(number)


def _change_carriers(stage: Stage) -> None:
    if TRACKED not in codes():
        tell("Flat rates follow no parcel; from here on a carrier is used that does.")
        connect(TRACKED, stage.tracked)
    writes = {one["code"]: one["writes"] for one in ask("connections", "list")}
    for code, wanted in ((TRACKED, True), (CARRIER, False)):
        if writes[code] != wanted:
            run("connections", "writes", code, "on" if wanted else "off")


def _ship(stage: Stage, number: str, scans: list[dict[str, Any]]) -> None:
    until_labelled(number)
    parcel = ask("orders", "show", number)["shipments"][-1]
    if parcel["state"] == "label_purchased":
        tracking = parcel["tracking_number"]
        stage.tracked.running.action("script", number=tracking, steps=scans)
        run("orders", "handover", number)


def _incident(number: str) -> Any:
    known = ask("exceptions", "list", "--all", "--limit", "1000")
    of_it = (one for one in known if one["order"] == number and one["kind"] == "parcel_lost")
    return next(of_it, None)


def _sent_again(number: str) -> Any:
    found = ask("orders", "list", "--search", number)
    return [one for one in found if one["number"] != number and number in one["number"]]


def _ask_by_hand(number: str) -> None:
    if not [one for one in ask("tickets", "list", "--all") if one["title"] == CALL]:
        tell("Without a mailbox (`hub connect email`), a call becomes a ticket by hand:")
        run("tickets", "open", CALL, "--order", number, "--priority", "high")
    run("tickets", "list")


CALL = "A customer called: where is the second parcel?"
