"""`hub exceptions`: what went wrong in operations, and what a person says to it."""

from typing import Annotated

import typer

from hub.cli.exits import ConflictError, NotFoundError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.records.ticket import ExceptionState
from hub.reports.exceptions import ExceptionLine, find_exception, list_exceptions
from hub.services.context import Hub
from hub.services.tickets.exceptions import settle_exception

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Operational exceptions.")

Id = Annotated[str, typer.Argument(help="Its id, or the last letters of it.")]
Note = Annotated[str, typer.Option(help="Why; name nobody.")]

CELLS: Cells = {
    "id": lambda row: row.id[-8:], "what": lambda row: row.kind,
    "severity": lambda row: row.severity, "state": lambda row: row.state,
    "times": lambda row: row.times, "ticket": lambda row: row.ticket,
    "order": lambda row: row.order, "since": lambda row: row.opened_at,
    "told": lambda row: row.sentence,
}  # fmt: skip


@app.command("list")
def list_some(
    everything: Annotated[bool, typer.Option("--all", help="Also closed and ignored.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what went wrong and is not repaired, the newest first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_exceptions(database, limit, everything)
    print_rows(rows, CELLS, as_json, "Nothing is wrong.")


@app.command()
def show(id: Id, as_json: Json = False) -> None:
    """Show one exception."""
    with opened() as system:
        row = _found(system.hub, id)
    if as_json:
        return print_json(row)
    facts = {heading: cell(row) for heading, cell in CELLS.items()}
    return print_facts({**facts, "id": row.id, "closed": row.closed_at, "note": row.note})


@app.command()
def ack(id: Id, note: Note = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Say that somebody looks after it."""
    _settle(id, ExceptionState.ACKNOWLEDGED, note, dry_run, as_json)


@app.command()
def ignore(id: Id, note: Note = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Hear no more of it until it is repaired and happens again."""
    _settle(id, ExceptionState.IGNORED, note, dry_run, as_json)


def _settle(id: str, state: ExceptionState, note: str, dry_run: bool, as_json: bool) -> None:
    with opened() as system:
        row = _found(system.hub, id)
        if row.closed_at is not None:
            raise ConflictError(f"it is {row.state} since {row.closed_at:%Y-%m-%d %H:%M}")
        if not dry_run:
            with system.hub.store.unit_of_work() as unit:
                settle_exception(unit, row.id, state, operator(), note)
    if as_json:
        return print_json({"exception": row.id, "state": state, "dry_run": dry_run})
    return say(f"{row.kind} {'would be' if dry_run else 'is'} {state}.")


def _found(hub: Hub, id: str) -> ExceptionLine:
    with hub.store.reading() as database:
        row = find_exception(database, id)
    if row is None:
        raise NotFoundError(f"there is no one exception {id}; hub exceptions list shows them")
    return row
