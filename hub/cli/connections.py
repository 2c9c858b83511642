"""`hub connections`: connected vendors, from a look to the switch that lets the hub write."""

from typing import Annotated, Any

import typer

from hub.bootstrap import System
from hub.cli.connect import Secrets, Set
from hub.cli.connection_changes import disconnect, stock_policy
from hub.cli.connection_webhooks import webhooks
from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json, Yes
from hub.cli.plan import print_plan, print_switch, to_release
from hub.cli.printing import Cells, counted, print_facts, print_json, print_rows, say, sure
from hub.cli.questions import gather
from hub.reports.connections import connection_detail
from hub.reports.overview import connections_with_health
from hub.reports.pacing import Pacing
from hub.reports.plan import Plan, plan_of
from hub.sdk.capabilities import PullOrders
from hub.sdk.config import secret_fields
from hub.services.vendors import connect as connecting

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Connected vendors.")

HEALTH: Cells = {
    "code": lambda one: one.connection.code, "connector": lambda one: one.connection.connector,
    "title": lambda one: one.connection.title, "health": lambda one: one.health.word,
    "writes": lambda one: "on" if one.connection.writes else "off",
    "last sync": lambda one: one.connection.last_sync_at,
    "what is wrong": lambda one: [trouble.sentence for trouble in one.health.troubles],
}  # fmt: skip

CELLS: Cells = {
    "code": lambda row: row.code, "connector": lambda row: row.connector,
    "title": lambda row: row.title, "state": lambda row: row.state,
    "writes": lambda row: "on" if row.writes else "off",
    "first sync": lambda row: row.books_opened_at, "last sync": lambda row: row.last_sync_at,
    "reason": lambda row: row.reason,
}  # fmt: skip


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List every connection and how it does."""
    with opened() as system, system.hub.store.reading() as database:
        hub = system.hub
        found = connections_with_health(database, hub.registry.connectors, hub.store.clock())
    if as_json:
        print_json([vars(one.connection) | {"health": one.health} for one in found])
    else:
        print_rows(found, HEALTH, False, "Nothing is connected: hub connect CONNECTOR --code CODE")


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """Show one connection: settings without secrets, freshness, open work."""
    with opened() as system, system.hub.store.reading() as database:
        found = connection_detail(database, code, system.hub.store.clock())
    if as_json:
        return print_json(found)
    print_facts({heading: cell(found.connection) for heading, cell in CELLS.items()})
    print_facts({
        "settings": found.config, "account": found.account["id"], "webhooks to": found.hook_path,
        "open jobs": found.open_jobs, "dead jobs": found.dead_jobs, "kept aside": found.quarantined,
        "crash loops": found.crash_loops, "stock typed there": found.stock_policy,
    })  # fmt: skip
    print_facts(_pace(found.pacing))
    streams: Cells = {
        "stream": lambda row: row.stream, "complete": lambda row: row.complete_at,
        "last page": lambda row: row.updated_at, "next pull": lambda row: row.next_at,
    }  # fmt: skip
    return print_rows(found.streams, streams, False, "It has not been pulled yet.")


def _pace(pacing: Pacing) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "asked at": f"{pacing.share:.0%} of its rate",
        "jobs at once": f"{pacing.at_once} of {pacing.at_most}",
    }
    if pacing.patient_until:
        facts["asked for patience until"] = pacing.patient_until
    if pacing.left_alone_since:
        facts |= {"left alone since": pacing.left_alone_since, "because of": pacing.reason,
                  "tried again from": pacing.probe_at}  # fmt: skip
    return facts


@app.command()
def plan(
    code: Code,
    everything: Annotated[bool, typer.Option("--all", help="Every held order.")] = False,
    as_json: Json = False,
) -> None:
    """Show what the first sync found, and what letting the hub write would do."""
    with opened() as system, system.hub.store.reading() as database:
        found = plan_of(database, code)
    if as_json:
        return print_json({**vars(found), "may_ship": [order.number for order in found.may_ship]})
    return print_plan(found, everything)


@app.command()
def pause(
    code: Code,
    reason: Annotated[str, typer.Option(help="Shown to whoever wonders.")] = "paused by hand",
    as_json: Json = False,
) -> None:
    """Stop calling a vendor: its jobs wait, its webhooks are still kept."""
    with opened() as system:
        _done(as_json, code, "paused", connecting.pause(system.hub, code, reason))


@app.command()
def resume(code: Code, as_json: Json = False) -> None:
    """Call a vendor again; the jobs that waited start over the next minute."""
    with opened() as system:
        released = connecting.resume(system.hub, code)
    if as_json:
        return print_json({"connection": code, "released_jobs": released})
    return say(f"{code} is active; {counted(released, 'job')} to go on.")


@app.command()
def writes(
    code: Code,
    switch: Annotated[str, typer.Argument(metavar="on|off")],
    release: Annotated[
        list[str], typer.Option(metavar="all|none|NUMBER", help="Imported orders to ship.")
    ] = [],  # noqa: B006
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Let the hub write to a vendor, or stop it; imported orders stay held unless released."""
    if switch not in ("on", "off"):
        raise UsageError("say `on` or `off`")
    with opened() as system:
        with system.hub.store.reading() as database:
            found = plan_of(database, code)
        orders = to_release(found, release) if switch == "on" else []
        if not as_json and switch == "on" and found.orders:
            print_switch(found, orders)
        if dry_run:
            changed, released = False, 0
            chosen = counted(len(orders), "order")
            say(f"Writes of {code} would be {switch}; {chosen} would be released.")
        else:
            if switch == "on" and _is_unread(system, code, found):
                sure(f"The first sync of {code} is not over, so what would change cannot be shown.",
                     yes)  # fmt: skip
            if orders:
                chosen = counted(len(orders), "imported order")
                sure(f"{chosen} will be released and may be shipped.", yes)
            changed = connecting.switch_writes(system.hub, code, switch == "on")
            released = connecting.release_orders(system.hub, [one.id for one in orders], "operator")
            say(f"Writes of {code} are {switch}; {counted(released, 'order')} released.")
    if as_json:
        print_json({"connection": code, "writes": switch == "on", "changed": changed,
                    "released": [one.number for one in orders] if not dry_run else [],
                    "would_release": [one.number for one in orders] if dry_run else [],
                    "dry_run": dry_run})  # fmt: skip


def _is_unread(system: System, code: str, plan: Plan) -> bool:
    """Whether this is a shop whose first sync is not over."""
    connector = system.hub.registry.connector(system.hub.connection(code).connector)
    return plan.books_opened_at is None and PullOrders in connector.provides


@app.command()
def rotate(
    code: Code,
    given: Set = [],  # noqa: B006
    secret: Secrets = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Give a connection new secrets; they are tried before the old ones are forgotten."""
    with opened() as system:
        connected = system.hub.connection(code)
        schema = system.hub.registry.connector(connected.connector).config_schema
        hidden = secret_fields(schema)
        fields = [text.partition("=")[0] for text in given] + list(secret)
        if wrong := sorted(set(fields) - hidden):
            raise UsageError(f"{', '.join(wrong)}: rotate changes secrets ({', '.join(hidden)})")
        if not fields:
            raise UsageError(f"name what is new: --secret NAME ({', '.join(sorted(hidden))})")
        changes = gather(schema, given, secret, known=tuple(schema.get("properties", ())))
        account = connecting.rotate(system.hub, code, changes)
    if as_json:
        return print_json({"connection": code, "account": account, "rotated": sorted(changes)})
    return say(f"{account.title} accepts the new secrets; {code} is active.")


@app.command()
def test(code: Code, as_json: Json = False) -> None:
    """Ask a vendor who we are, and keep its answer: address, credentials and name in one call."""
    with opened() as system:
        account = connecting.ask_again(system.hub, code)
    if as_json:
        return print_json({"connection": code, "account": account})
    return print_facts({
        "account": account.id, "title": account.title, "address": account.address,
        "version": account.api_version, "zone": account.time_zone,
    })  # fmt: skip


app.command("stock-policy")(stock_policy)
app.command()(webhooks)
app.command()(disconnect)


def _done(as_json: bool, code: str, state: str, changed: bool) -> None:
    if as_json:
        return print_json({"connection": code, "state": state, "changed": changed})
    return say(f"{code} is {state}." if changed else f"{code} was {state} already.")
