"""`hub connections webhooks`: what a vendor is asked to send, and the secret it signs with."""

from typing import Annotated

import typer

from hub.bootstrap import System
from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.reports.webhooks import WebhooksDetail, webhooks_detail
from hub.services.vendors.subscriptions import (
    NoWebhooksError,
    distrust_previous_secret,
    rotate_webhook_secret,
    why_unmanaged,
)
from hub.store.connections import Connected
from hub.store.hearing import COUNTED_DAYS

CELLS: Cells = {
    "topic": lambda row: row.topic, "state": lambda row: row.state,
    "since": lambda row: row.since, "problem": lambda row: row.problem,
}  # fmt: skip


def webhooks(
    code: Code,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Sign with a new secret from now on.")
    ] = False,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Do not believe the old secret for another 48 hours.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Show which webhooks are wanted and stand, and what came without one; change their secret."""
    with opened() as system:
        connection = system.hub.connection(code)
        unmanaged = why_unmanaged(system.hub, connection)
        if rotate and unmanaged:
            raise NoWebhooksError(unmanaged)
        if rotate and not dry_run:
            rotate_webhook_secret(system.hub, code)
        distrusted = leaked and not dry_run and distrust_previous_secret(system.hub, code)
        found = _look(system, connection, not unmanaged)
    if as_json:
        return print_json({
            "connection": code, "managed": not unmanaged, **vars(found),
            "rotated": rotate and not dry_run, "distrusted": distrusted, "dry_run": dry_run,
        })  # fmt: skip
    _print(found, unmanaged)
    return _tell(rotate, leaked, distrusted, dry_run)


def _look(system: System, connection: Connected, managed: bool) -> WebhooksDetail:
    hub = system.hub
    topics = hub.registry.connector(connection.connector).webhook_topics
    with hub.store.reading() as database:
        return webhooks_detail(database, connection.id, topics, managed, hub.store.clock())


def _print(found: WebhooksDetail, unmanaged: str) -> None:
    print_rows(found.topics, CELLS, False, "Its connector knows no webhooks.")
    loss = found.loss
    print_facts({
        f"changes in {COUNTED_DAYS} days": loss.changes, "without a webhook": loss.unheard,
        "old secret believed until": found.previous_believed_until,
    })  # fmt: skip
    if unmanaged:
        say(f"{unmanaged}.")


def _tell(rotate: bool, leaked: bool, distrusted: bool, dry_run: bool) -> None:
    if dry_run:
        return say("Nothing was changed.")
    if rotate:
        say("A new secret is made; a running hub puts it at the vendor now (hub serve).")
    if distrusted:
        say("The old secret is believed no longer; what it signed is refused, and polling finds "
            "those changes.")  # fmt: skip
    elif leaked:
        say("No old secret was believed.")
    return None
