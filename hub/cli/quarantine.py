"""`hub quarantine`: records nobody understood, and another try after a repair."""

from typing import Annotated

import typer

from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json, Limit, Reveal
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.reports.quarantine import kept_row, list_kept
from hub.services.orders.resolve import retry_kept
from hub.store.intake import open_kept

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Records kept aside.")

CELLS: Cells = {
    "id": lambda row: row.id, "connection": lambda row: row.connection,
    "kind": lambda row: row.kind, "record": lambda row: row.external_id,
    "state": lambda row: row.state, "seen": lambda row: row.seen,
    "since": lambda row: row.created_at, "reason": lambda row: row.reason,
}  # fmt: skip


@app.command("list")
def list_some(
    everything: Annotated[bool, typer.Option("--all", help="Also what was resolved.")] = False,
    limit: Limit = 200,
    as_json: Json = False,
) -> None:
    """List what is kept aside, the oldest first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_kept(database, everything, limit)
    print_rows(rows, CELLS, as_json, "Nothing is kept aside.")


@app.command()
def show(item_id: str, reveal: Reveal = False, as_json: Json = False) -> None:
    """Show one kept record; its body only with --reveal, because it may name a person."""
    with opened() as system, system.hub.store.reading() as database:
        row = kept_row(database, item_id)
        if row is None:
            raise NotFoundError(f"nothing is kept as {item_id}; hub quarantine list shows it")
        raw = open_kept(database, system.hub.store.keyring, item_id)[2] if reveal else None
    body = None if raw is None else raw.decode(errors="replace")
    if as_json:
        return print_json({"record": row, "body": body})
    print_facts({heading: cell(row) for heading, cell in CELLS.items()})
    return print(body) if body is not None else say("Its body is shown with --reveal.")


@app.command()
def retry(
    item_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is open.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Read kept records once more, as after a repair of the connector or its settings."""
    if bool(item_ids) == everything:
        raise UsageError("name the records, or say --all")
    with opened() as system:
        with system.hub.store.reading() as database:
            rows = list_kept(database, limit=10_000) if everything else []
            chosen = [row.id for row in rows] or list(item_ids or ())
            if unknown := [one for one in chosen if kept_row(database, one) is None]:
                raise NotFoundError(f"nothing is kept as {', '.join(unknown)}")
        landed = [] if dry_run else [one for one in chosen if retry_kept(system.hub, one)]
    left = len(chosen) - len(landed)
    if as_json:
        print_json({"chosen": chosen, "landed": landed, "dry_run": dry_run})
    if dry_run:
        return say(f"{len(chosen)} would be read again.")
    say(f"{len(landed)} landed, {left} are still not understood.")
    if left:
        raise typer.Exit(Exit.PARTIAL if landed else Exit.FAILURE)
    return None
