"""`hub catalogue`: what listings show on a channel, and which variant each of them sells."""

from typing import Annotated

import typer
from pydantic import ValidationError

from hub.cli.exits import ConflictError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit, Yes
from hub.cli.printing import Cells, counted, print_json, print_rows, say, sure
from hub.domain.matching import Proposal
from hub.reports.catalogue import Unmapped, mapping_story
from hub.reports.catalogue import unmapped as queue
from hub.services.vendors.listing_mapping import (
    NamedListing,
    find_listing,
    map_listing_to,
    unmap_listing,
    variant_titled,
)
from hub.services.vendors.listing_push import listings_of, want_listing

UNMAPPED: Cells = {
    "listing": lambda row: row.listing, "sku there": lambda row: row.sku,
    "title": lambda row: row.title, "lines waiting": lambda row: row.waiting_lines,
    "proposed": lambda row: [f"{one.sku} ({one.score})" for one in row.proposals],
    "because": lambda row: row.proposals[0].reasons if row.proposals else None,
}  # fmt: skip

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Listings.")

STORY: Cells = {
    "at": lambda row: row.at, "what": lambda row: row.outcome, "sells": lambda row: row.sku,
    "before": lambda row: row.before, "because": lambda row: row.because,
}  # fmt: skip

Listing = Annotated[str, typer.Argument(help="CODE:ID, as unmapped prints it.")]
Sku = Annotated[str, typer.Argument(help="The variant's SKU.")]
Channel = Annotated[str, typer.Option(help="The connection's code, such as NYC.")]


@app.command()
def price(
    sku: Sku,
    amount: Annotated[str, typer.Argument(help="Exact, in the shop's currency: 12.90.")],
    channel: Channel,
    sale: Annotated[
        str | None, typer.Option(help="The price during a sale; an empty text ends it.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Set the price that a channel shows for a SKU."""
    _want(sku, channel, dry_run, as_json, price=amount, sale_price=sale)


@app.command()
def text(
    sku: Sku,
    channel: Channel,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    description: Annotated[str | None, typer.Option(help="What is said of it.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Set title and description that a channel shows for a SKU."""
    if title is None and description is None:
        raise UsageError("give --title or --description")
    _want(sku, channel, dry_run, as_json, title=title, description=description)


def _want(sku: str, channel: str, dry_run: bool, as_json: bool, **wanted: str | None) -> None:
    given = {name: value for name, value in wanted.items() if value is not None}
    with opened() as system:
        listings = listings_of(system.hub, sku, channel)
        if not dry_run:
            try:
                want_listing(system.hub, sku, channel, **given)
            except ValidationError:
                raise UsageError(f"{given.get('price')} is no exact amount such as 12.90") from None
    if as_json:
        return print_json({"listings": listings, "wanted": given, "dry_run": dry_run})
    would = "would be changed" if dry_run else "will show it within seconds"
    return say(f"{counted(len(listings), 'listing')} of {sku} on {channel} {would}.")


@app.command()
def unmapped(
    connection: Annotated[str, typer.Option(help="A connection's code.")] = "",
    limit: Limit = 200,
    as_json: Json = False,
) -> None:
    """List listings of which nobody knows what they sell, the most wanted first, with proposals."""
    with opened() as system:
        code = system.hub.connection(connection).code if connection else ""
        with system.hub.store.reading() as database:
            rows = queue(database, code, limit)
    print_rows(rows, UNMAPPED, as_json, "Every listing is mapped.")


@app.command("map")
def map_one(
    listing: Listing,
    sku: Annotated[str, typer.Argument(help="The variant it sells.")] = "",
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Take the best proposal instead of a SKU.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say which variant a listing sells; order lines that waited go on."""
    if bool(sku) == proposed:
        raise UsageError("give a SKU, or say --proposed")
    with opened() as system:
        hub = system.hub
        reasons: tuple[str, ...] = ()
        with hub.store.reading() as database:
            found = find_listing(database, listing)
            if proposed:
                best = _best(queue(database, found.connection), found)
                sku, reasons = best.sku, best.reasons
            title = variant_titled(database, sku)
        if proposed and not dry_run:
            sure(f"{listing} {found.title!r} sells {sku} {title!r}: {'; '.join(reasons)}.", yes)
        by = operator()
        changed = not dry_run and map_listing_to(hub, listing, sku, by, reasons)
    if as_json:
        return print_json({"listing": listing, "sku": sku, "before": found.sells,
                           "reasons": reasons, "changed": changed, "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{listing} {found.title!r} would sell {sku} {title!r}.")
    return say(f"{listing} sells {sku}." if changed else f"{listing} sells {sku} already.")


@app.command()
def unmap(listing: Listing, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Undo a mapping: the listing waits for a person again."""
    with opened() as system:
        with system.hub.store.reading() as database:
            found = find_listing(database, listing)
        by = operator()
        changed = not dry_run and unmap_listing(system.hub, listing, by)
    if as_json:
        return print_json({"listing": listing, "before": found.sells, "changed": changed,
                           "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{listing} would no longer sell {found.sells or 'anything'}.")
    return say(f"{listing} waits for a person." if changed else f"{listing} waited already.")


@app.command()
def why(listing: Listing, as_json: Json = False) -> None:
    """Say how a listing came to sell what it sells."""
    with opened() as system, system.hub.store.reading() as database:
        story = mapping_story(database, find_listing(database, listing).id)
    print_rows(story, STORY, as_json, f"Nobody knows what {listing} sells; hub catalogue unmapped")


def _best(rows: list[Unmapped], listing: NamedListing) -> Proposal:
    name = f"{listing.connection}:{listing.external_id}"
    row = next((one for one in rows if one.listing == name), None)
    if row is None:
        raise ConflictError(f"{name} sells {listing.sells or 'nothing'}; it waits for nobody")
    if not row.proposals:
        raise ConflictError(f"nothing is proposed for {name}; give a SKU")
    return row.proposals[0]
