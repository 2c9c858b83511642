"""`hub events`: facts as they happen, and what followed from each."""

import threading
from typing import Annotated

import msgspec
import typer

from hub.bootstrap import System
from hub.cli.opening import opened
from hub.cli.options import Json, Limit
from hub.cli.printing import Cells, print_rows, say, shown
from hub.cli.since import Since, instant
from hub.reports.events import EventFilter, EventRow, list_events
from hub.store.orders import find_order_id

LOOK_EVERY_S = 0.5
MOST_AT_ONCE = 500

CELLS: Cells = {
    "at": lambda row: row.at, "fact": lambda row: row.kind.replace("_", " "),
    "order": lambda row: row.order, "connection": lambda row: row.connection,
    "followed by": lambda row: row.followed,
}  # fmt: skip


def events(
    order: Annotated[str, typer.Option(help="An order's number.")] = "",
    connection: Annotated[str, typer.Option(help="A connection's code.")] = "",
    since: Since = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the newest facts, oldest first; with --follow, one JSON document a line."""
    with opened() as system:
        wanted = _wanted(system, order, connection, since)
        with system.hub.store.reading() as database:
            rows = list_events(database, wanted, limit)
        if not follow:
            return print_rows(rows, CELLS, as_json, "Nothing has happened yet.")
        _print(rows, as_json)
        return _follow(system, wanted, rows[-1].id if rows else "", as_json)


def _wanted(system: System, order: str, connection: str, since: str) -> EventFilter:
    shop = system.hub.connection(connection).id if connection else ""
    with system.hub.store.reading() as database:
        order_id = find_order_id(database, order) if order else ""
    return EventFilter(order_id, shop, instant(since, system.hub.store.clock()))


def _follow(system: System, wanted: EventFilter, last: str, as_json: bool) -> None:
    pause = threading.Event()
    say("Waiting for what happens next; Ctrl-C ends.")
    while True:
        narrowed = EventFilter(wanted.order_id, wanted.connection_id, wanted.since, last or "0")
        with system.hub.store.reading() as database:
            rows = list_events(database, narrowed, MOST_AT_ONCE)
        _print(rows, as_json)
        last = rows[-1].id if rows else last
        if len(rows) < MOST_AT_ONCE:
            pause.wait(LOOK_EVERY_S)


def _print(rows: list[EventRow], as_json: bool) -> None:
    for row in rows:
        if as_json:
            print(msgspec.json.encode(row).decode(), flush=True)
        else:
            print("  ".join(shown(cell(row)) for cell in CELLS.values()), flush=True)
