"""`hub inventory`: stock, where it is, who sells it, and whether the books are right."""

from typing import Annotated

import typer

from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table, say
from hub.cli.selling import buffer, expect, incoming, policy, promise
from hub.cli.stock_lists import apply_list, import_list, list_lists, undo_list
from hub.cli.stock_moves import move, receive, reverse, scrap
from hub.records.connection import ConnectionState, Family
from hub.reports.invariants import EXAMPLES, Checked, check_invariants
from hub.reports.stock import StockDetail, list_stock, stock_detail
from hub.services.context import Hub
from hub.services.orders.resolve import publish_again
from hub.services.stock import stockroom
from hub.services.vendors.drift import stock_drift
from hub.store.connections import Connected, list_connections
from hub.store.ids import new_id

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Stock.",
    context_settings={"ignore_unknown_options": True},
)  # fmt: skip

STOCK: Cells = {
    "sku": lambda row: row.sku, "title": lambda row: row.title,
    "on hand": lambda row: row.on_hand if row.tracked else "not counted",
    "reserved": lambda row: row.reserved, "allocated": lambda row: row.allocated,
    "available": lambda row: row.available if row.tracked else "any",
    "listings": lambda row: row.listings,
}  # fmt: skip
LEVELS: Cells = {
    "location": lambda row: row.location, "on hand": lambda row: row.on_hand,
    "allocated": lambda row: row.allocated, "not for sale": lambda row: row.buckets,
    "bin": lambda row: row.bin,
}  # fmt: skip
OFFERS: Cells = {
    "listing": lambda row: f"{row.connection} {row.external_id}",
    "shows": lambda row: row.observed, "confirmed": lambda row: row.confirmed,
    "to send": lambda row: row.open, "refused": lambda row: row.problem,
}  # fmt: skip
MOVEMENTS: Cells = {
    "moved": lambda row: row.at, "kind": lambda row: row.kind, "units": lambda row: row.quantity,
    "from": lambda row: row.from_account, "to": lambda row: row.to_account,
    "reason": lambda row: row.reason,
}  # fmt: skip
CHECKS: Cells = {
    "invariant": lambda row: row.sentence, "holds": lambda row: row.holds,
    "offenders": lambda row: row.offenders, "such as": lambda row: row.examples,
    "what to do": lambda row: "" if row.holds else row.remedy,
}  # fmt: skip


@app.command()
def show(
    sku: Annotated[str, typer.Argument(help="One variant in full; without it, all.")] = "",
    low: Annotated[bool, typer.Option("--low", help="Only what runs short.")] = False,
    below: Annotated[int, typer.Option(help="Short means fewer available units than this.")] = 5,
    as_json: Json = False,
) -> None:
    """Show stock: every variant, or one with the ledger rows that add up to it."""
    with opened() as system, system.hub.store.reading() as database:
        found = stock_detail(database, sku) if sku else None
        rows = list_stock(database, below if low else None) if not sku else []
    if not sku:
        return print_rows(rows, STOCK, as_json, "There is no such stock.")
    if found is None:
        raise NotFoundError(f"there is no variant {sku}; hub inventory show lists them")
    return print_json(found) if as_json else _print(found)


def _print(found: StockDetail) -> None:
    print_facts({heading: cell(found.stock) for heading, cell in STOCK.items()})
    for rows, cells in (
        (found.levels, LEVELS), (found.offers, OFFERS), (found.movements, MOVEMENTS),
    ):  # fmt: skip
        if rows:
            print_table(rows, cells)


@app.command(context_settings={"ignore_unknown_options": True})
def adjust(
    sku: str,
    delta: Annotated[int, typer.Argument(help="+5 or -2 units.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    at: Annotated[str, typer.Option(metavar="LOCATION", help="Where; else the first.")] = "",
    command_id: Annotated[
        str, typer.Option(help="The same id never moves units twice: for scripts that repeat.")
    ] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add or remove units by hand; every channel is to show it."""
    if delta == 0:
        raise UsageError("zero units move nothing")
    command = command_id or f"cli:{new_id()}"
    with opened() as system:
        hub = system.hub
        with hub.store.reading() as database:
            if stock_detail(database, sku) is None:
                raise NotFoundError(f"there is no variant {sku}; hub inventory show lists them")
        moved = not dry_run and stockroom.adjust_stock(hub, sku, delta, reason, command, at or None)
        with hub.store.reading() as database:
            after = stock_detail(database, sku)
    assert after is not None
    if as_json:
        return print_json({"command_id": command, "moved": moved, "dry_run": dry_run,
                           "stock": after.stock})  # fmt: skip
    if dry_run:
        return say(f"{sku} would have {after.stock.on_hand + delta} units.")
    if not moved:
        say("This command was carried out before; nothing moved.")
    return print_facts({"sku": sku, "on hand": after.stock.on_hand,
                        "available": after.stock.available})  # fmt: skip


@app.command()
def publish(code: Code, as_json: Json = False) -> None:
    """Send a channel its numbers anew, also those it has refused."""
    with opened() as system:
        refused = publish_again(system.hub, code)
    if as_json:
        return print_json({"connection": code, "tried_again": refused})
    return say(f"{code} gets every number; {refused} that it refused are tried again.")


@app.command()
def verify(
    channels: Annotated[
        bool, typer.Option("--channels", help="Ask every channel what it shows now, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Prove both ledgers against the numbers beside them and the channels; 1 when they differ."""
    with opened() as system:
        with system.hub.store.reading() as database:
            checks = check_invariants(database)
        if channels:
            checks += [_shown_now(system.hub, shop.code) for shop in _shops(system.hub)]
    print_rows(checks, CHECKS, as_json, "")
    if not all(check.holds for check in checks):
        raise typer.Exit(Exit.FAILURE)


def _shops(hub: Hub) -> list[Connected]:
    with hub.store.reading() as database:
        shops = list_connections(database, Family.STOREFRONT)
    return [shop for shop in shops if shop.state == ConnectionState.ACTIVE]


def _shown_now(hub: Hub, code: str) -> Checked:
    off = [f"{one.subject}: {one.there} there, {one.here} here" for one in stock_drift(hub, code)]
    return Checked(
        f"channel_{code}", f"{code} shows now what may be sold.", not off, len(off),
        tuple(off[:EXAMPLES]), f"hub inventory publish {code} sends its numbers anew",
    )  # fmt: skip


for _verb in (receive, move, scrap, reverse, policy, buffer, expect, incoming, promise):
    app.command()(_verb)
app.command("import")(import_list)
app.command("imports")(list_lists)
app.command("apply")(apply_list)
app.command("undo")(undo_list)
