"""`hub inventory policy|buffer|expect|incoming|promise`: what is sold beyond what lies there."""

from typing import Annotated

import typer

from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json
from hub.cli.printing import Cells, print_json, print_rows, say
from hub.cli.stock_words import At, check_names, coming_day
from hub.records.stock import SellPolicy
from hub.reports.stock_work import list_incoming, promises
from hub.services.stock import selling

INCOMING: Cells = {
    "sku": lambda row: row.sku, "units": lambda row: row.units, "to": lambda row: row.location,
    "expected": lambda row: row.expected_at, "sure, %": lambda row: row.confidence,
    "source": lambda row: row.source,
}  # fmt: skip
PROMISES: Cells = {
    "connection": lambda row: row.connection, "kept back": lambda row: row.buffer,
    "shows now": lambda row: row.shown_now, "can promise by then": lambda row: row.promised,
}  # fmt: skip
When = Annotated[str, typer.Option(metavar="WHEN", help="3d, 2w or 2026-12-01.")]


def policy(
    sku: str,
    policy: Annotated[SellPolicy, typer.Argument(help="What happens beyond stock.")],
    cap: Annotated[int, typer.Option(min=0, help="Units that may be sold beyond stock.")] = 0,
    on: Annotated[str, typer.Option(metavar="DATE", help="When a preorder ships.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say what happens when more of a variant is bought than there is."""
    date = coming_day(on) if on else None
    if dry_run:
        check_names([sku])
    else:
        with opened() as system:
            selling.set_sell_policy(system.hub, sku, policy, cap, date)
    if as_json:
        return print_json({"sku": sku, "policy": policy, "cap": cap, "date": date,
                           "dry_run": dry_run})  # fmt: skip
    would = "would be" if dry_run else "is"
    beyond = "" if policy == SellPolicy.DENY else f", {cap} units beyond stock"
    return say(f"{sku} {would} sold by {policy}{beyond}.")


def buffer(
    code: Code,
    units: Annotated[str, typer.Argument(help="A number; or - to follow the connection.")],
    listing: Annotated[str, typer.Option(help="Only this listing, by its id there.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Keep units back from a channel, for the sales that nobody has reported yet."""
    number = None if units == "-" and listing else _number(units)
    with opened() as system:
        system.hub.connection(code)
        if not dry_run:
            selling.set_buffer(system.hub, code, number, listing)
    if as_json:
        return print_json({"connection": code, "listing": listing or None, "buffer": number,
                           "dry_run": dry_run})  # fmt: skip
    what = f"{code} {listing}".rstrip()
    return say(f"{what} {'would be' if dry_run else 'is'} shown {units} fewer.")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 7:
        raise typer.BadParameter(f"{text} is no number of units")
    return int(text)


def expect(
    sku: str,
    units: Annotated[int, typer.Argument(min=1)],
    on: When,
    at: At = "",
    sure: Annotated[int, typer.Option(min=0, max=100, help="Percent that is counted on.")] = 100,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Note that units will come; orders that wait for them are promised a date."""
    day, source = coming_day(on), None
    if dry_run:
        check_names([sku], at)
    else:
        with opened() as system:
            source = selling.expect_units(system.hub, sku, units, day, at or None, sure)
    if as_json:
        return print_json({"sku": sku, "units": units, "expected_at": day, "source": source,
                           "dry_run": dry_run})  # fmt: skip
    return say(f"{units} of {sku} {'would be' if dry_run else 'are'} expected.")


def incoming(
    sku: Annotated[str, typer.Argument(help="Only this variant.")] = "",
    forget: Annotated[str, typer.Option(metavar="SOURCE", help="Wait for it no longer.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """List what is still to come, the earliest first."""
    with opened() as system:
        if forget and not dry_run:
            selling.forget_expected(system.hub, forget)
        with system.hub.store.reading() as database:
            rows = list_incoming(database, sku)
    print_rows(rows, INCOMING, as_json, "Nothing is expected.")


def promise(sku: str, by: When, as_json: Json = False) -> None:
    """Show what each channel can promise of a variant by a date."""
    day = coming_day(by)
    with opened() as system, system.hub.store.reading() as database:
        rows = promises(database, sku, day)
    print_rows(rows, PROMISES, as_json, "No channel sells it.")
