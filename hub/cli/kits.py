"""`hub kits`: variants that are made of others."""

from typing import Annotated

import typer

from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, print_json, print_rows, say
from hub.cli.stock_words import At, CommandId, check_names, command, units_by_sku
from hub.reports.stock_work import list_kits
from hub.services.stock import kits

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Kits.")

KITS: Cells = {
    "sku": lambda row: row.sku, "title": lambda row: row.title,
    "put together": lambda row: row.put_together, "of": lambda row: row.components,
    "available": lambda row: row.available,
}  # fmt: skip
Count = Annotated[int, typer.Argument(min=1, help="Units.")]


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List variants that are made of others, and how many there may be sold."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_kits(database)
    print_rows(rows, KITS, as_json, "There are no kits: hub kits define SKU PART=2 …")


@app.command()
def define(
    sku: str,
    parts: Annotated[
        list[str] | None, typer.Argument(metavar="SKU=UNITS…", help="None: it is no kit any more.")
    ] = None,
    beforehand: Annotated[
        bool, typer.Option("--beforehand", help="It is assembled, not when ordered.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say what a variant is made of."""
    wanted = units_by_sku(parts or [])
    if dry_run:
        check_names([sku, *wanted])
    else:
        with opened() as system:
            kits.define_kit(system.hub, sku, wanted, on_order=not beforehand)
    if as_json:
        return print_json({"sku": sku, "components": wanted, "dry_run": dry_run})
    what = ", ".join(f"{units} {part}" for part, units in wanted.items()) or "nothing else"
    return say(f"{sku} {'would be' if dry_run else 'is'} made of {what}.")


@app.command()
def assemble(
    sku: str, units: Count, at: At = "", command_id: CommandId = "", dry_run: DryRun = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make units of a variant out of its components."""
    _make(sku, units, at, command_id, dry_run, as_json, apart=False)


@app.command()
def disassemble(
    sku: str, units: Count, at: At = "", command_id: CommandId = "", dry_run: DryRun = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Take units of a variant apart into its components."""
    _make(sku, units, at, command_id, dry_run, as_json, apart=True)


def _make(
    sku: str, units: int, at: str, command_id: str, dry_run: bool, as_json: bool, apart: bool
) -> None:
    moved = False
    if dry_run:
        check_names([sku], at)
    else:
        with opened() as system:
            moved = kits.assemble(system.hub, sku, units, command(command_id), at or None, apart)
    if as_json:
        return print_json({"sku": sku, "units": units, "moved": moved, "dry_run": dry_run})
    done = "taken apart" if apart else "assembled"
    if dry_run:
        return say(f"{units} {sku} would be {done}.")
    return say(f"{units} {sku} are {done}." if moved else "This command was carried out before.")
