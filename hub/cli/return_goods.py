"""`hub returns`: goods that arrive, are looked at, and go somewhere."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json
from hub.cli.printing import print_json, say
from hub.cli.return_acts import Goods, Number, act_on, units_of
from hub.records.returns import Disposition, Grade, Reception
from hub.services.context import Hub
from hub.services.returns.booking import Arrival
from hub.services.returns.dispose import dispose
from hub.services.returns.grade import grade
from hub.services.returns.parcels import note_sent
from hub.services.returns.receive import receive, receive_orphan
from hub.store.ids import new_id
from hub.store.rehearsal import Rehearsal

Location = Annotated[str, typer.Option(help="Where it arrived; else where it was to be sent.")]
Command = Annotated[
    str, typer.Option("--command-id", help="The same again changes nothing: safe to repeat.")
]
Some = Annotated[list[str] | None, typer.Option(metavar="SKU=UNITS", help="May be repeated.")]


def sent(
    number: Number,
    tracking: Annotated[str, typer.Option(help="The parcel's tracking number.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take the customer's word that the parcel is on its way."""
    act_on(number, lambda hub: note_sent(hub, number, tracking, operator()), dry_run, as_json)


def receive_some(
    number: Number,
    goods: Annotated[list[str] | None, typer.Argument(metavar="SKU=UNITS…")] = None,
    damaged: Some = None,
    wrong: Some = None,
    short: Some = None,
    lost: Some = None,
    location: Location = "",
    note: Annotated[str, typer.Option(help="What was seen; name nobody.")] = "",
    command_id: Command = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record what came: as expected, damaged, something else; or that it will not come."""
    kinds = ((Reception.AS_EXPECTED, goods), (Reception.DAMAGED_IN_TRANSIT, damaged),
             (Reception.WRONG_ITEM, wrong), (Reception.SHORT, short),
             (Reception.LOST, lost))  # fmt: skip
    arrivals = [one for kind, texts in kinds for one in _arrivals(kind, texts or [])]
    if not arrivals:
        raise UsageError("say what came: SKU=UNITS, or --short, --lost, --damaged, --wrong")
    command = command_id or new_id()
    act_on(
        number, lambda hub: receive(hub, number, arrivals, command, operator(), location, note),
        dry_run, as_json,
    )  # fmt: skip


def _arrivals(kind: Reception, texts: list[str]) -> Iterator[Arrival]:
    for text in texts:
        sku, units = units_of(text)
        yield Arrival(sku, units, kind)


def orphan(
    goods: Goods,
    location: Location = "",
    note: Annotated[str, typer.Option(help="What stands on the parcel; name nobody.")] = "",
    command_id: Command = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Keep goods that came without an order: neither sold nor paid for before they are matched."""
    arrivals = list(_arrivals(Reception.UNEXPECTED, goods))
    with opened() as system:
        hub = system.hub
        hub = replace(hub, store=Rehearsal(hub.store)) if dry_run else hub
        number = receive_orphan(hub, arrivals, command_id or new_id(), operator(), location, note)
    if as_json:
        return print_json({"return": number, "dry_run": dry_run})
    told = f"hub returns match {number} ORDER"
    return say(f"It would be kept as {number}." if dry_run else f"Kept as {number}: {told}")


def grade_some(
    number: Number,
    goods: Goods,
    found: Annotated[Grade, typer.Option("--grade", help="A as new … D of no use.")],
    disposition: Annotated[
        Disposition | None, typer.Option(help="Instead of what the policy says.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why; needed against the policy.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say how good units are; where they go and what is given for them follows the policy."""

    def act(hub: Hub) -> None:
        for sku, units in map(units_of, goods):
            grade(hub, number, sku, found, units, operator(), disposition, why)

    act_on(number, act, dry_run, as_json)


def dispose_some(
    number: Number,
    goods: Goods,
    disposition: Annotated[
        Disposition | None, typer.Option("--to", help="By default what the policy says.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why; needed against the policy.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say what becomes of graded units, or that the customer keeps what was never sent."""

    def act(hub: Hub) -> None:
        for sku, units in map(units_of, goods):
            dispose(hub, number, sku, units, operator(), disposition, why)

    act_on(number, act, dry_run, as_json)
