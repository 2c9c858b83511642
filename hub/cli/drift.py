"""`hub drift`: where a shop shows something else than the hub knows or wants; changes nothing."""

from typing import Annotated

import typer

from hub.cli.exits import Exit
from hub.cli.opening import opened
from hub.cli.options import Json
from hub.cli.printing import Cells, counted, print_rows, say
from hub.records.connection import Family
from hub.services.vendors.drift import find_drift
from hub.store.connections import list_connections

CELLS: Cells = {
    "connection": lambda row: row.connection, "kind": lambda row: row.kind,
    "subject": lambda row: row.subject, "here": lambda row: row.here,
    "there": lambda row: row.there,
}  # fmt: skip


def drift(
    code: Annotated[
        str, typer.Argument(metavar="[CODE]", help="A connection's code; none: every shop.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Compare shops with the hub; ends with 1 when something differs."""
    with opened() as system:
        hub = system.hub
        if code:
            codes = [hub.connection(code).code]
        else:
            with hub.store.reading() as database:
                codes = [one.code for one in list_connections(database, Family.STOREFRONT)]
        found = [one for shop in codes for one in find_drift(hub, shop)]
    print_rows(found, CELLS, as_json, "Nothing differs.")
    if found:
        say(f"{counted(len(found), 'difference')}; what the hub owes a shop it sends by itself.")
        raise typer.Exit(Exit.FAILURE)
