"""`hub locations`: the places that keep stock, and the bins in them."""

from typing import Annotated, Any

import typer

from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.cli.stock_words import check_names
from hub.records.stock import LocationKind, LocationState
from hub.records.warehouse import LabelWhen
from hub.reports.stock import list_locations
from hub.reports.stock_work import list_bins
from hub.services.context import Hub
from hub.services.stock import locations

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Locations.")

LOCATIONS: Cells = {
    "code": lambda row: row.code, "title": lambda row: row.title, "kind": lambda row: row.kind,
    "state": lambda row: row.state, "country": lambda row: row.country,
    "labels": lambda row: row.label_when, "priority": lambda row: row.priority,
    "units": lambda row: row.units,
}  # fmt: skip
BINS: Cells = {
    "walk": lambda row: row.walk, "bin": lambda row: row.code, "keeps": lambda row: row.skus,
}  # fmt: skip
Place = Annotated[str, typer.Argument(help="Short and unique: MAIN.")]
Kind = Annotated[LocationKind | None, typer.Option(help="What it is.")]
State = Annotated[LocationState | None, typer.Option(help="draining ships, and gets nothing new.")]


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List the places that keep stock, the one that ships first at the top."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_locations(database)
    print_rows(rows, LOCATIONS, as_json, "There is no location.")


@app.command()
def add(
    code: Place,
    title: Annotated[str, typer.Option()],
    country: Annotated[str, typer.Option(help="ISO 3166-1: US.")],
    kind: Kind = None,
    priority: Annotated[int, typer.Option(help="A lower number ships first.")] = 100,
    street: Annotated[str, typer.Option()] = "",
    city: Annotated[str, typer.Option()] = "",
    region: Annotated[str, typer.Option()] = "",
    postal_code: Annotated[str, typer.Option()] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add a place that keeps stock: its address is the sender on labels."""
    given = {
        "title": title, "country": country, "priority": priority, "street": street, "city": city,
        "region": region, "postal_code": postal_code, "kind": kind or LocationKind.WAREHOUSE,
    }  # fmt: skip
    with opened() as system:
        if _known(system.hub, code) is not None:
            raise UsageError(f"{code} is there already: hub locations change {code} …")
        _write(system.hub, code, given, dry_run, as_json)


@app.command()
def change(
    code: Place,
    title: Annotated[str | None, typer.Option()] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1: US.")] = None,
    kind: Kind = None,
    state: State = None,
    priority: Annotated[int | None, typer.Option(help="A lower number ships first.")] = None,
    street: Annotated[str | None, typer.Option()] = None,
    city: Annotated[str | None, typer.Option()] = None,
    region: Annotated[str | None, typer.Option()] = None,
    postal_code: Annotated[str | None, typer.Option()] = None,
    labels: Annotated[
        LabelWhen | None, typer.Option(help="Bought when routed, or when the box is packed.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Change what is given of a location; the rest stays. One that keeps units does not close."""
    given = {
        "title": title, "country": country, "priority": priority, "street": street, "city": city,
        "region": region, "postal_code": postal_code, "kind": kind, "state": state,
        "label_when": labels,
    }  # fmt: skip
    with opened() as system:
        known = _known(system.hub, code)
        if known is None:
            raise NotFoundError(f"there is no location {code}; hub locations list shows them")
        wanted = {**known, **{name: one for name, one in given.items() if one is not None}}
        _write(system.hub, code, wanted, dry_run, as_json)


def _known(hub: Hub, code: str) -> dict[str, Any] | None:
    with hub.store.reading() as database:
        found = next((row for row in list_locations(database) if row.code == code), None)
    if found is None:
        return None
    return {name: one for name, one in vars(found).items() if name not in ("code", "units")}


def _write(hub: Hub, code: str, wanted: dict[str, Any], dry_run: bool, as_json: bool) -> None:
    country = wanted["country"]
    if len(country) != 2 or not country.isupper():
        raise UsageError(f"{country!r} is no country code, such as US or DE")
    if not dry_run:
        locations.add_location(hub, code, **wanted)
    if as_json:
        return print_json({"code": code, **wanted, "dry_run": dry_run})
    return print_facts({"code": code, **wanted})


@app.command()
def bins(code: Place, as_json: Json = False) -> None:
    """List the bins of a location in the order in which they are passed."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_bins(database, code)
    print_rows(rows, BINS, as_json, f"{code} has no bins: hub locations put {code} SKU BIN")


@app.command()
def put(code: Place, sku: str, bin: str, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Say in which bin of a location a variant lies."""
    if dry_run:
        check_names([sku], code)
    else:
        with opened() as system:
            locations.put_in_bin(system.hub, code, sku, bin)
    if as_json:
        return print_json({"location": code, "sku": sku, "bin": bin, "dry_run": dry_run})
    return say(f"{sku} {'would lie' if dry_run else 'lies'} in {bin} of {code}.")


@app.command()
def walk(
    code: Place,
    bins: Annotated[list[str], typer.Argument(metavar="BIN…", help="The first one first.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say in which order a picker passes the bins; others come after these."""
    if dry_run:
        check_names([], code)
    else:
        with opened() as system:
            locations.order_bins(system.hub, code, bins)
    if as_json:
        return print_json({"location": code, "bins": bins, "dry_run": dry_run})
    return say(f"In {code} the walk {'would begin' if dry_run else 'begins'} {', '.join(bins)}.")
