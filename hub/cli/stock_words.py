"""Words that the commands of the stockroom share: units of SKUs, buckets, locations, commands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.since import coming_instant
from hub.records.stock import Bucket
from hub.store.ids import new_id
from hub.store.stock_names import items_of, location_of

GOOD = "good"
Units = Annotated[list[str], typer.Argument(metavar="SKU=UNITS…", help="HB-250=3 MUG=1")]
At = Annotated[str, typer.Option(metavar="LOCATION", help="Where; else the first.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the ledger.")]
By = Annotated[str, typer.Option(help="Who; it stays with the decision.")]
CommandId = Annotated[
    str, typer.Option(help="The same id never moves units twice: for scripts that repeat.")
]


def units_by_sku(given: Sequence[str], least: int = 1) -> dict[str, int]:
    """Read SKU=UNITS words. Raises `UsageError`."""
    found: dict[str, int] = {}
    for word in given:
        sku, mark, number = word.rpartition("=")
        if not mark or not sku or not number.isdecimal() or int(number) < least:
            raise UsageError(f"{word}: say SKU=UNITS, such as HB-250=3")
        if sku in found:
            raise UsageError(f"{sku} is named twice")
        found[sku] = int(number)
    return found


def bucket(word: str) -> Bucket | None:
    """Read a bucket's name; None for good units. Raises `UsageError`."""
    if word == GOOD:
        return None
    try:
        return Bucket(word)
    except ValueError:
        names = ", ".join([GOOD, *Bucket])
        raise UsageError(f"{word} is no bucket; there are {names}") from None


def coming_day(text: str) -> datetime:
    """Read when something is to come: 3d, 2w or 2026-12-01. Raises `UsageError`."""
    read = coming_instant(text, datetime.now(UTC))
    if read is None:
        raise UsageError("say when: 3d, 2w or 2026-12-01")
    return read


def command(given: str) -> str:
    """Give the command's id, or a new one."""
    return given or f"cli:{new_id()}"


def check_names(skus: Sequence[str], *locations: str) -> None:
    """Look whether these SKUs and locations exist, as a dry run does. Raises where one does not."""
    with opened() as system, system.hub.store.reading() as database:
        items_of(database, skus)
        for location in filter(None, locations):
            location_of(database, location)
