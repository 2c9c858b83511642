"""The command `hub` and the table of everything it can do."""

from typing import ClassVar

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
    "orders": ("hub.cli.orders:app", "Orders: find, explain, hold, release, hand over."),
    "catalogue": ("hub.cli.catalogue:app", "Listings: price and texts on a channel."),
    "inventory": ("hub.cli.inventory:app", "Stock: show, adjust, map, verify."),
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


@app.callback()
def _hub() -> None:
    """E-commerce operations in one place."""


def run() -> None:
    """Run the command line."""
    app(prog_name="hub")
