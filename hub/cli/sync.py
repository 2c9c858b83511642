"""`hub sync`: pull what changed at a vendor now, and watch it."""

from functools import partial
from typing import Annotated

import typer

from hub.bootstrap import System
from hub.cli.exits import (
    AccessError,
    CommandError,
    ConflictError,
    Exit,
    UnavailableError,
    UsageError,
)
from hub.cli.following import Ended, an_engine, counts, follow, until_idle
from hub.cli.opening import opened
from hub.cli.options import Code, Json
from hub.cli.printing import print_json, say
from hub.jobs.lockfile import engine_at_work
from hub.records.connection import ConnectionState
from hub.reports.jobs import SHOP_SYNC, sync_jobs
from hub.sdk.capabilities import PullMessages, PullOrders, PullProducts
from hub.services.vendors import connect as connecting
from hub.store.connections import Connected
from hub.store.ids import new_id


def sync(
    code: Code,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    wait: Annotated[bool, typer.Option("--follow/--no-follow", help="Watch until done.")] = True,
    as_json: Json = False,
) -> None:
    """Pull products, orders or messages of a connection; a shop's books open after the first."""
    with opened() as system:
        connection = system.hub.connection(code)
        _refuse_unless_useful(system, connection)
        since = new_id()
        connecting.sync_now(system.hub, code, full)
        ended = _owed(system, connection, since)
        if wait:
            ended = _work(system, connection, since, ended)
        else:
            say("It is owed; a running hub does it now (hub serve).")
        opened_at = system.hub.connection(code).books_opened_at
    if as_json:
        print_json({"connection": code, "jobs": ended.jobs, "books_opened_at": opened_at})
    else:
        for job in ended.jobs:
            print(f"{job.kind}: {job.outcome or job.state}, {counts(job)}")
    if wait:
        _judge(code, ended)


def _refuse_unless_useful(system: System, connection: Connected) -> None:
    provides = system.hub.registry.connector(connection.connector).provides
    if not {PullMessages, PullOrders, PullProducts} & set(provides):
        raise UsageError(f"there is nothing to pull from {connection.code}")
    if connection.state == ConnectionState.NEEDS_AUTH:
        raise AccessError(
            f"{connection.code} refuses the hub's credentials ({connection.reason}); "
            f"hub connections rotate {connection.code}"
        )
    if connection.state != ConnectionState.ACTIVE:
        raise ConflictError(
            f"{connection.code} is {connection.state}; hub connections resume {connection.code}"
        )


def _owed(system: System, connection: Connected, since: str) -> Ended:
    with system.hub.store.reading() as database:
        jobs = sync_jobs(database, connection.id, since)
    return Ended(tuple(jobs), system.hub.store.clock())


def _work(system: System, connection: Connected, since: str, owed: Ended) -> Ended:
    try:
        with an_engine(system) as our_own:
            alive = partial(engine_at_work, system.hub.store)
            ended = follow(system, connection.id, since, owed, alive)
            if our_own and not ended.waiting:
                until_idle(system)
    except KeyboardInterrupt:
        say(f"Stopped between two pages; hub sync {connection.code} goes on from there.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    return ended


def _judge(code: str, ended: Ended) -> None:
    """Turn what was left undone into the exit code that says so."""
    if held := ended.first("held"):
        raise AccessError(f"{code} was stopped: {held.error_text}; hub connections show {code}")
    if dead := ended.first("dead"):
        raise CommandError(f"{dead.kind} failed: {dead.error_text}; hub jobs show {dead.id}")
    if waiting := ended.waiting:
        raise UnavailableError(
            f"{waiting.kind} is tried again at {waiting.run_at:%H:%M:%SZ}: {waiting.error_text}"
        )
    if any(job.outcome == "partial" for job in ended.jobs):
        say("Some records were not understood and are kept aside: hub quarantine list")
        raise typer.Exit(Exit.PARTIAL)
    if {job.kind for job in ended.jobs} >= set(SHOP_SYNC):
        say(f"What the first sync found: hub connections plan {code}")
