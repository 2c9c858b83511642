"""`hub transfers`: units on their way from one location to another."""

from typing import Annotated

import typer

from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, print_json, print_rows, say
from hub.cli.stock_words import CommandId, Units, check_names, coming_day, command, units_by_sku
from hub.reports.stock_work import list_transfers
from hub.services.stock import transfers

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Transfers.")

LINES: Cells = {
    "transfer": lambda row: row.number, "from": lambda row: row.source,
    "to": lambda row: row.target, "sku": lambda row: row.sku, "sent": lambda row: row.sent,
    "received": lambda row: row.received, "missing": lambda row: row.missing,
    "expected": lambda row: row.expected_at, "closed": lambda row: row.closed,
}  # fmt: skip


@app.command("list")
def list_all(
    number: Annotated[str, typer.Argument(help="Only this one.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List transfers that have not arrived in full, line by line."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_transfers(database, number, all_)
    print_rows(rows, LINES, as_json, "Nothing is on its way.")


@app.command()
def send(
    source: Annotated[str, typer.Argument(metavar="FROM")],
    target: Annotated[str, typer.Argument(metavar="TO")],
    units: Units,
    expected: Annotated[str, typer.Option(help="When it arrives: 2d or 2026-12-01.")] = "1d",
    note: Annotated[str, typer.Option()] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let units leave a location for another: from now on they are for sale nowhere."""
    wanted, day, number = units_by_sku(units), coming_day(expected), None
    if dry_run:
        check_names(list(wanted), source, target)
    else:
        with opened() as system:
            number = transfers.send_transfer(system.hub, source, target, wanted, day, note)
    if as_json:
        return print_json({"number": number, "from": source, "to": target, "units": wanted,
                           "dry_run": dry_run})  # fmt: skip
    return say(f"{number or 'A transfer'} {'would be' if dry_run else 'is'} on its way.")


@app.command()
def receive(
    number: str,
    units: Annotated[list[str] | None, typer.Argument(metavar="SKU=UNITS…")] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Nothing more comes: what is missing is lost.")
    ] = False,
    command_id: CommandId = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book what of a transfer arrived."""
    came = units_by_sku(units or [])
    if dry_run:
        check_names(list(came))
        moved = False
    else:
        with opened() as system:
            moved = transfers.receive_transfer(system.hub, number, came, command(command_id), close)
    if as_json:
        return print_json({"number": number, "units": came, "closed": close, "moved": moved,
                           "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{sum(came.values())} units of {number} would be booked.")
    if not moved:
        return say("This command was carried out before; nothing moved.")
    return say(f"{sum(came.values())} units of {number} arrived.")
