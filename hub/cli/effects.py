"""`hub effects`: outward calls that spend or create, and the ones only a person can settle."""

from typing import Annotated

import typer

from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit, Yes
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table, say, sure
from hub.domain.effects import EffectState
from hub.reports.effects import EffectHistory, effect_history, list_effects
from hub.services.context import Hub
from hub.services.orders import resolve as resolving

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Calls that spend or create.")

CELLS: Cells = {
    "id": lambda row: row.id, "kind": lambda row: row.kind, "order": lambda row: row.order,
    "connection": lambda row: row.connection, "state": lambda row: row.state,
    "sends": lambda row: row.sends, "reference": lambda row: row.vendor_ref,
    "since": lambda row: row.updated_at, "reason": lambda row: row.reason,
}  # fmt: skip


@app.command("list")
def list_some(
    state: Annotated[EffectState | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List effects, the newest first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_effects(database, state or "", limit)
    print_rows(rows, CELLS, as_json, "There are no such effects.")


@app.command()
def show(effect_id: str, as_json: Json = False) -> None:
    """Show one effect and every step of its life."""
    with opened() as system:
        found = _found(system.hub, effect_id)
    if as_json:
        return print_json(found)
    print_facts({heading: cell(found.effect) for heading, cell in CELLS.items()})
    print_facts({"key": found.key, "first sent": found.first_sent_at, "last sent": found.sent_at,
                 "may be late until": found.settle_until})  # fmt: skip
    steps: Cells = {
        "at": lambda row: row.at, "from": lambda row: row.from_state,
        "to": lambda row: row.to_state, "note": lambda row: row.note,
    }  # fmt: skip
    return print_table(found.moments, steps)


@app.command()
def resolve(
    effect_id: str,
    happened: Annotated[
        str, typer.Option(metavar="REFERENCE", help="It was done; the vendor's id of it.")
    ] = "",
    never_happened: Annotated[
        bool, typer.Option("--never-happened", help="It was not done; make the call again.")
    ] = False,
    reason: Annotated[str, typer.Option(help="What you saw at the vendor.")] = "",
    tracking: Annotated[str, typer.Option(help="The tracking number of a label.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say what became of a call, after looking at the vendor; money is spent on your word."""
    if bool(happened) == never_happened:
        raise UsageError("say --happened REFERENCE or --never-happened, after you have looked")
    if never_happened and not reason:
        raise UsageError("--never-happened needs --reason: what did you see at the vendor?")
    with opened() as system:
        found = _found(system.hub, effect_id)
        if not dry_run:
            if never_happened:
                sure(f"The {found.effect.kind} is asked of the vendor again.", yes)
            _settle(system.hub, effect_id, happened, reason, tracking)
        after = _found(system.hub, effect_id).effect.state
    if as_json:
        print_json({"effect": effect_id, "state": after, "dry_run": dry_run})
    else:
        say(f"It is {found.effect.state}; nothing was changed." if dry_run else f"It is {after}.")


def _settle(hub: Hub, effect_id: str, reference: str, reason: str, tracking: str) -> None:
    person = operator()
    if reference:
        resolving.it_happened(hub, effect_id, reference, tracking, person)
    else:
        resolving.it_never_happened(hub, effect_id, reason, person)


def _found(hub: Hub, effect_id: str) -> EffectHistory:
    with hub.store.reading() as database:
        found = effect_history(database, effect_id)
    if found is None:
        raise NotFoundError(f"there is no effect {effect_id}; hub effects list shows them")
    return found
