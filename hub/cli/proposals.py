"""`hub proposals`: what should be bought and why; approve, edit, dismiss, order."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from hub.cli.buying import told
from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit
from hub.cli.printing import Cells, counted, print_facts, print_json, print_rows, say
from hub.cli.since import coming_instant
from hub.domain.reorder.plan import Answer
from hub.reports.purchasing import ProposalDetail, find_proposals, list_proposals
from hub.services.context import Hub
from hub.services.purchasing import planning, proposals

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What should be bought.")

Which = Annotated[str, typer.Argument(help="A proposal's id, or a SKU with one open proposal.")]

CELLS: Cells = {
    "proposal": lambda row: row.id, "sku": lambda row: row.sku,
    "location": lambda row: row.location, "supplier": lambda row: row.supplier,
    "units": lambda row: row.quantity, "planned": lambda row: row.planned_quantity,
    "each": lambda row: f"{row.unit_price} {row.currency}", "rule": lambda row: row.rule,
    "state": lambda row: row.state, "expires": lambda row: row.expires_at,
}  # fmt: skip
AHEAD: Cells = {
    "sku": lambda one: one.need.sku, "location": lambda one: one.need.location,
    "supplier": lambda one: one.offer.supplier, "units": lambda one: one.quantity,
    "position": lambda one: one.need.position, "point": lambda one: one.levels.reorder_point,
    "up to": lambda one: one.levels.order_up_to, "rule": lambda one: one.rule,
}  # fmt: skip


@app.command()
def plan(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Plan now what should be bought; with --dry-run by demand as it was last counted."""
    with opened() as system:
        if dry_run:
            answers = planning.foresee(system.hub).answers
            rows: list[Any] = [_ahead(one) for one in answers] if as_json else list(answers)
            return print_rows(rows, AHEAD, as_json, "Nothing would be proposed.")
        done = planning.plan(system.hub)
    if as_json:
        return print_json(done)
    return say(
        f"{counted(done.seen, 'item')} looked at: {done.proposed} proposed, {done.unchanged} as "
        f"before, {done.superseded} no longer needed, {done.expired} expired, {done.left} left "
        "as people decided."
    )


def _ahead(answer: Answer) -> dict[str, Any]:
    return {heading: cell(answer) for heading, cell in AHEAD.items()}


@app.command("list")
def list_some(
    state: Annotated[str, typer.Option(help="A state; or open, or all.")] = "open",
    limit: Limit = 1000,
    as_json: Json = False,
) -> None:
    """List proposals, by supplier and SKU."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_proposals(database, state, limit)
    print_rows(rows, CELLS, as_json, "There are no such proposals.")


@app.command()
def show(which: Which, as_json: Json = False) -> None:
    """Explain a proposal: demand, formula, its numbers, position, supplier, rule version."""
    with opened() as system:
        found = _found(system.hub, which)
    if as_json:
        return print_json(found)
    why = found.why
    print_facts({heading: cell(found.proposal) for heading, cell in CELLS.items()})
    return print_facts(
        {
            "decided": f"{found.proposal.decided_by} {found.proposal.reason}".strip(),
            "formula": why.get("formula"), "with": why.get("numbers"),
            "note": why.get("note"), "demand": why.get("demand"),
            "reorder point": why.get("reorder_point"), "order up to": why.get("order_up_to"),
            "position": why.get("position"), "missing": why.get("missing"),
            "supplier": why.get("supplier"),
            "compared": [f"{name}: {cost}" for name, cost in why.get("candidates", ())],
            "settings": why.get("settings"),
            "version": f"{why.get('rule_version')}, policy {why.get('policy_version')}",
        }
    )  # fmt: skip


def _found(hub: Hub, which: str) -> ProposalDetail:
    with hub.store.reading() as database:
        found = find_proposals(database, which)
    if not found:
        raise NotFoundError(f"there is no proposal {which}; hub proposals list shows them")
    if len(found) > 1:
        places = ", ".join(f"{one.proposal.location} {one.proposal.id}" for one in found)
        raise UsageError(f"{which} is proposed for several locations; say which: {places}")
    return found[0]


@app.command()
def approve(
    which: Annotated[list[str] | None, typer.Argument(metavar="PROPOSAL…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are proposed.")] = False,
    order: Annotated[bool, typer.Option("--order", help="And write the draft orders.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Accept proposals: they count as on order from now on."""
    if bool(which) == everything:
        raise UsageError("name proposals, or say --all")
    with opened() as system:
        hub = system.hub
        with hub.store.reading() as database:
            ids = [row.id for row in list_proposals(database, limit=10_000)]
        if which:
            ids = [_found(hub, one).proposal.id for one in which]
        accepted = 0 if dry_run else proposals.approve_proposals(hub, ids, operator())
        numbers = proposals.order_accepted(hub) if order and not dry_run else []
    sentence = f"{len(ids) if dry_run else accepted} accepted. {', '.join(numbers)}".rstrip()
    told(as_json, dry_run, sentence,
         accepted=accepted, proposals=ids, orders=numbers)  # fmt: skip


@app.command()
def edit(
    which: Which,
    units: Annotated[int, typer.Argument(min=1)],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Change how much is bought; the next plan leaves it as it is."""
    with opened() as system:
        found = _found(system.hub, which).proposal
        if not dry_run:
            proposals.edit_proposal(system.hub, found.id, units, operator())
    told(as_json, dry_run, f"{units} of {found.sku} instead of {found.quantity}.",
         proposal=found.id, quantity=units)  # fmt: skip


@app.command()
def dismiss(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why; it stays with the proposal.")],
    until: Annotated[str, typer.Option(help="Not before: 30d, 2026-12-01.")] = "7d",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Turn a proposal down, and propose nothing here for a while."""
    ends = coming_instant(until, datetime.now(UTC))
    with opened() as system:
        found = _found(system.hub, which).proposal
        if not dry_run:
            proposals.dismiss_proposal(system.hub, found.id, reason, ends, operator())
    told(as_json, dry_run, f"{found.sku} is not proposed before {ends:%Y-%m-%d}.",
         proposal=found.id, until=ends)  # fmt: skip


@app.command()
def order(
    supplier: Annotated[str, typer.Option(help="Only of this supplier.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write accepted proposals into draft orders, one a supplier, location and currency."""
    with opened() as system:
        with system.hub.store.reading() as database:
            waiting = list_proposals(database, "accepted")
        numbers = [] if dry_run else proposals.order_accepted(system.hub, supplier)
    shown = counted(len(waiting), "accepted proposal")
    told(as_json, dry_run, f"order {shown}." if dry_run else ", ".join(numbers) or "Nothing waits.",
         orders=numbers, accepted=len(waiting))  # fmt: skip
