"""`hub inventory`: stock, where it is, who sells it, and whether the books are right."""

from typing import Annotated, Any

import typer

from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table, say
from hub.reports.invariants import check_invariants
from hub.reports.stock import StockDetail, list_locations, list_stock, list_unmapped, stock_detail
from hub.services.context import Hub
from hub.services.orders.resolve import publish_again
from hub.services.stock import stockroom
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
    "allocated": lambda row: row.allocated,
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
LOCATIONS: Cells = {
    "code": lambda row: row.code, "title": lambda row: row.title, "state": lambda row: row.state,
    "country": lambda row: row.country, "priority": lambda row: row.priority,
    "units": lambda row: row.units,
}  # fmt: skip
UNMAPPED: Cells = {
    "connection": lambda row: row.connection, "listing": lambda row: row.external_id,
    "sku there": lambda row: row.sku, "title": lambda row: row.title,
    "lines waiting": lambda row: row.waiting_lines,
}  # fmt: skip
CHECKS: Cells = {
    "invariant": lambda row: row.sentence, "holds": lambda row: row.holds,
    "offenders": lambda row: row.offenders, "such as": lambda row: row.examples,
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
def locations(as_json: Json = False) -> None:
    """List the places that keep stock, the one that ships first at the top."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_locations(database)
    print_rows(rows, LOCATIONS, as_json, "There is no location.")


@app.command()
def location(
    code: Annotated[str, typer.Argument(help="Short and unique: MAIN.")],
    title: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1: US.")] = None,
    priority: Annotated[int | None, typer.Option(help="A lower number ships first.")] = None,
    street: Annotated[str | None, typer.Option()] = None,
    city: Annotated[str | None, typer.Option()] = None,
    region: Annotated[str | None, typer.Option()] = None,
    postal_code: Annotated[str | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    """Add a location, or change what is given of one: its address is the sender on labels."""
    given = {"title": title, "country": country, "priority": priority, "street": street,
             "city": city, "region": region, "postal_code": postal_code}  # fmt: skip
    with opened() as system:
        known = _location(system.hub, code)
        wanted = {**(known or {}), **{k: v for k, v in given.items() if v is not None}}
        _judge_location(code, wanted)
        stockroom.add_location(system.hub, code, **wanted)
        after = _location(system.hub, code)
    if as_json:
        return print_json({"code": code, **(after or {})})
    return print_facts({"code": code, **(after or {})})


def _location(hub: Hub, code: str) -> dict[str, Any] | None:
    with hub.store.reading() as database:
        found = next((row for row in list_locations(database) if row.code == code), None)
    counted_apart = ("code", "state", "units")
    if found is None:
        return None
    return {name: value for name, value in vars(found).items() if name not in counted_apart}


def _judge_location(code: str, wanted: dict[str, Any]) -> None:
    country = wanted.get("country", "")
    if not wanted.get("title") or not country:
        raise UsageError(f"there is no location {code} yet; a new one needs --title and --country")
    if len(country) != 2 or not country.isupper():
        raise UsageError(f"{country!r} is no country code, such as US or DE")


@app.command()
def unmapped(as_json: Json = False) -> None:
    """List listings of which nobody knows what they sell, the most wanted first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_unmapped(database)
    print_rows(rows, UNMAPPED, as_json, "Every listing is mapped.")


@app.command("map")
def map_one(
    connection: Code,
    external_id: Annotated[str, typer.Argument(help="The listing's id at the channel.")],
    sku: Annotated[str, typer.Argument(help="The variant it sells.")],
    as_json: Json = False,
) -> None:
    """Say which variant a listing sells; order lines that waited go on."""
    with opened() as system:
        stockroom.map_listing(system.hub, connection, external_id, sku)
    if as_json:
        return print_json({"connection": connection, "listing": external_id, "sku": sku})
    return say(f"{connection} {external_id} sells {sku}.")


@app.command()
def publish(code: Code, as_json: Json = False) -> None:
    """Send a channel its numbers anew, also those it has refused."""
    with opened() as system:
        refused = publish_again(system.hub, code)
    if as_json:
        return print_json({"connection": code, "tried_again": refused})
    return say(f"{code} gets every number; {refused} that it refused are tried again.")


@app.command()
def verify(as_json: Json = False) -> None:
    """Check that both ledgers, their projections and the work owed agree; 1 when they do not."""
    with opened() as system, system.hub.store.reading() as database:
        checks = check_invariants(database)
    print_rows(checks, CHECKS, as_json, "")
    if not all(check.holds for check in checks):
        raise typer.Exit(Exit.FAILURE)
