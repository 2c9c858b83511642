"""`hub inventory import|apply|undo|imports`: lists of stock from files, shown before they count."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.exits import Exit, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, counted, print_json, print_rows, print_table, say
from hub.reports.stock_work import list_imports
from hub.services.stock import imports
from hub.services.stock.imports import StockPlan

ROWS: Cells = {
    "row": lambda row: row["line"], "sku": lambda row: row["sku"],
    "location": lambda row: row["location"], "now": lambda row: row["now"],
    "then": lambda row: row["wanted"], "change": lambda row: f"{row['delta']:+d}",
    "bin": lambda row: row["bin"], "problem": lambda row: row["problem"],
}  # fmt: skip
LISTS: Cells = {
    "list": lambda row: row.number, "state": lambda row: row.state, "rows": lambda row: row.rows,
    "problems": lambda row: row.problems, "read": lambda row: row.created_at,
    "applied": lambda row: row.applied_at, "undone": lambda row: row.undone_at,
}  # fmt: skip
Number = Annotated[str, typer.Argument(help="The list's number: L-1001.")]


def import_list(
    file: Annotated[Path, typer.Argument(help="CSV: sku, quantity or change, location, bin.")],
    apply: Annotated[bool, typer.Option("--apply", help="Book it at once.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out bad rows.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Read a list of stock and show what it would change; nothing moves before it is applied."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text: {error}") from None
    with opened() as system:
        plan = imports.plan_import(system.hub, text, keep=not dry_run)
        told = imports.apply_import(system.hub, plan.number, skip_bad) if _goes(
            apply, dry_run
        ) else None  # fmt: skip
    if as_json:
        print_json({"number": plan.number or None, "rows": plan.rows, "told": told,
                    "seen_before": plan.seen_before or None, "dry_run": dry_run})  # fmt: skip
    else:
        _show(plan, told)
    if plan.problems and not skip_bad:
        raise typer.Exit(Exit.PARTIAL)


def _goes(apply: bool, dry_run: bool) -> bool:
    return apply and not dry_run


def _show(plan: StockPlan, told: dict[str, int] | None) -> None:
    shown = [*plan.changes, *plan.problems]
    if shown:
        print_table(shown, ROWS)
    if plan.seen_before:
        say(f"The very same list was read before, as {plan.seen_before}.")
    say(f"{counted(len(plan.changes), 'row')} would change something; "
        f"{counted(len(plan.problems), 'row')} cannot be used.")  # fmt: skip
    if told is not None:
        say(f"{plan.number}: {', '.join(f'{units} {what}' for what, units in told.items())}.")
    elif plan.number:
        say(f"hub inventory apply {plan.number} books it.")


def apply_list(
    number: Number,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out bad rows.")] = False,
    as_json: Json = False,
) -> None:
    """Book a list as it was shown; a row whose stock moved since is skipped."""
    with opened() as system:
        told = imports.apply_import(system.hub, number, skip_bad)
    if as_json:
        return print_json({"number": number, **told})
    return say(f"{number}: {', '.join(f'{units} {what}' for what, units in told.items())}.")


def undo_list(number: Number, as_json: Json = False) -> None:
    """Take back what a list has booked, by movements that point at its own."""
    with opened() as system:
        told = imports.undo_import(system.hub, number)
    if as_json:
        print_json({"number": number, **told})
    else:
        say(f"{number}: {told['undone']} movements undone, {told['left']} left.")
    if told["left"]:
        raise typer.Exit(Exit.PARTIAL)


def list_lists(as_json: Json = False) -> None:
    """List the newest lists of stock that were read."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_imports(database)
    print_rows(rows, LISTS, as_json, "No list was read yet.")
