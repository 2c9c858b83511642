"""The command `hub` and the table of everything it can do."""

from typing import Annotated, ClassVar

import typer

from hub.cli.lazy import LazyGroup, Table

COMMANDS: Table = {
    "init": ("hub.cli.init:init", "Make a new hub: folder, key, database."),
    "serve": ("hub.cli.serve:serve", "Run the hub: web and workers, until stopped."),
    "web": ("hub.cli.web:web", "Run the doors alone; many processes, one PostgreSQL and Redis."),
    "worker": ("hub.cli.worker:worker", "Run jobs alone, in any number of processes."),
    "relay": ("hub.cli.relay:relay", "Find what is due, for workers elsewhere."),
    "demo": ("hub.cli.demo:demo", "Show a whole shop at work on simulated vendors."),
    "doctor": ("hub.cli.doctor:doctor", "Say what is wrong, and what repairs it."),
    "connect": ("hub.cli.connect:connect", "Connect a shop, a carrier or a gateway."),
    "connections": ("hub.cli.connections:app", "Connected vendors: show, pause, let write."),
    "sync": ("hub.cli.sync:sync", "Pull what changed at a vendor, now."),
    "orders": ("hub.cli.orders:app", "Orders: find, explain, hold, split, release, hand over."),
    "returns": ("hub.cli.returns:app", "Goods that come back: decide, receive, grade, pay."),
    "catalogue": ("hub.cli.catalogue:app", "Listings: what they sell, price and texts."),
    "inventory": ("hub.cli.inventory:app", "Stock: show, move, sell, prove, import."),
    "locations": ("hub.cli.locations:app", "Places that keep stock, and their bins."),
    "transfers": ("hub.cli.transfers:app", "Units on their way between locations."),
    "counts": ("hub.cli.counts:app", "Counting what is really there."),
    "kits": ("hub.cli.kits:app", "Variants that are made of others."),
    "floor": ("hub.cli.floor:app", "The floor: fetch, scan, pack, papers."),
    "cartons": ("hub.cli.cartons:app", "Boxes: which are kept, what goes into them."),
    "routing": ("hub.cli.routing:app", "Where orders ship from: explain, replay, try."),
    "suppliers": ("hub.cli.suppliers:app", "Suppliers: what they ask, how they deliver."),
    "proposals": ("hub.cli.proposals:app", "What to buy: plan, explain, approve, edit, dismiss."),
    "purchases": ("hub.cli.purchases:app", "Purchase orders: write, send, announce, receive."),
    "rules": ("hub.cli.rules:app", "Rules as data: show, check, try, apply, look back."),
    "tickets": ("hub.cli.tickets:app", "Tickets: read, answer, wait, merge, resolve."),
    "exceptions": ("hub.cli.exceptions:app", "What went wrong: look, acknowledge, ignore."),
    "jobs": ("hub.cli.jobs:app", "Work owed and done: look, cancel, replay."),
    "schedule": ("hub.cli.schedule:app", "What runs by itself: look, set, pause, run."),
    "effects": ("hub.cli.effects:app", "Calls that spend: look, resolve."),
    "quarantine": ("hub.cli.quarantine:app", "Records nobody understood: look, retry."),
    "plugin": ("hub.cli.plugin:app", "Installed plugins and their connectors."),
    "replay": ("hub.cli.replay:replay", "Send dead jobs and kept records round again."),
    "events": ("hub.cli.events:events", "Facts and what followed from them, as they happen."),
    "drift": ("hub.cli.drift:drift", "Compare a shop with the hub; changes nothing."),
    "twin": ("hub.cli.twin:twin", "Run a simulated vendor alone."),
    "db": ("hub.cli.db:app", "The database: upgrade, back up, check."),
    "version": ("hub.cli.version:version", "Print the version."),
}


class _Commands(LazyGroup):
    table: ClassVar[Table] = COMMANDS


app = typer.Typer(
    name="hub", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False,
    help="E-commerce operations in one place.",
    epilog="Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 not found, 4 access, 5 conflict, "
    "6 vendor unavailable, 7 partial, 130 interrupted.",
)  # fmt: skip


def _tell_version(wanted: bool) -> None:
    if wanted:
        from hub.cli.version import version

        version()
        raise typer.Exit


@app.callback()
def _hub(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version,
                     help="Print the version and stop."),
    ] = False,
) -> None:  # fmt: skip
    """E-commerce operations in one place."""


def run() -> None:
    """Run the command line."""
    app(prog_name="hub")
