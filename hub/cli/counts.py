"""`hub counts`: what is really there, entered blind."""

from typing import Annotated

import typer

from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.cli.stock_words import By, Units, check_names, units_by_sku
from hub.reports.stock_work import list_counts
from hub.services.stock import counts

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Counts.")

LINES: Cells = {
    "count": lambda row: row.number, "location": lambda row: row.location,
    "bin": lambda row: row.bin, "sku": lambda row: row.sku, "state": lambda row: row.state,
    "counted": lambda row: row.counted, "booked": lambda row: row.variance,
    "approved by": lambda row: row.approved_by,
}  # fmt: skip
Number = Annotated[str, typer.Argument(help="The count's number: C-1001.")]


@app.command("list")
def list_all(
    number: Annotated[str, typer.Argument(help="Only this one, in full.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List what is to be counted, recounted or approved, in walking order."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_counts(database, number, all_)
    print_rows(rows, LINES, as_json, "Nothing is to be counted.")


@app.command()
def start(
    location: str,
    skus: Annotated[list[str] | None, typer.Argument(metavar="SKU…", help="Or all.")] = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Begin to count variants at a location, or all it keeps."""
    number = None
    if dry_run:
        check_names(skus or [], location)
    else:
        with opened() as system:
            number = counts.start_count(system.hub, location, skus or [], by or operator())
    if as_json:
        return print_json({"number": number, "location": location, "dry_run": dry_run})
    return say(f"{number or 'A count'} {'would begin' if dry_run else 'has begun'}.")


@app.command()
def enter(
    number: Number, units: Units, by: By = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Enter the good units found: a small difference is booked, a greater one counted again."""
    found, verdicts = units_by_sku(units, least=0), {}
    if dry_run:
        check_names(list(found))
    else:
        with opened() as system:
            verdicts = counts.enter_count(system.hub, number, found, by or operator())
    if as_json:
        return print_json({"number": number, "verdicts": verdicts, "dry_run": dry_run})
    return print_facts(verdicts) if verdicts else say("The names are known.")


@app.command()
def approve(
    number: Number, sku: str, by: By = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Book a difference beyond tolerance that was counted twice alike."""
    booked = 0
    if dry_run:
        check_names([sku])
    else:
        with opened() as system:
            booked = counts.approve_count(system.hub, number, sku, by or operator())
    if as_json:
        return print_json({"number": number, "sku": sku, "booked": booked, "dry_run": dry_run})
    return say(f"The difference of {sku} would be booked." if dry_run else f"{booked:+d} {sku}.")


@app.command()
def leave(number: Number, by: By = "", as_json: Json = False) -> None:
    """End a count; what is not booked stays as the books have it."""
    with opened() as system:
        left = counts.leave_count(system.hub, number, by or operator())
    if as_json:
        return print_json({"number": number, "left": left})
    return say(f"{number} is over; {left} lines stay as the books have them.")
