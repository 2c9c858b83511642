"""`hub catalogue`: what listings show on a channel."""

from typing import Annotated

import typer
from pydantic import ValidationError

from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import counted, print_json, say
from hub.services.vendors.listing_push import listings_of, want_listing

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Listings.")

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
