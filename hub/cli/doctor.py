"""`hub doctor`: everything that may be wrong, each finding with the command that repairs it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import typer

from hub.bootstrap import System, build
from hub.cli.exits import Exit
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import counted, print_json, say
from hub.jobs.lockfile import engine_at_work
from hub.records.connection import ConnectionState
from hub.reports import health
from hub.reports.health import Counted
from hub.sdk.errors import ConfigError
from hub.settings import Settings
from hub.store.connections import list_connections
from hub.store.engine import StorageError
from hub.store.sealing import SealError

LITTLE_SPACE = 1_000_000_000
"""Bytes below which a database that grows is in danger."""


@dataclass(frozen=True)
class Finding:
    """One question and its answer."""

    check: str
    ok: bool
    text: str
    repair: str = ""


def doctor(as_json: Json = False) -> None:
    """Examine the hub; ends with 1 when something is wrong."""
    findings = list(_examine(installed()))
    if as_json:
        print_json({"well": all(one.ok for one in findings), "findings": findings})
    else:
        for one in findings:
            print(f"{'ok   ' if one.ok else 'WRONG'}  {one.check}: {one.text}")
            if one.repair:
                print(f"       → {one.repair}")
    if not all(one.ok for one in findings):
        say(f"{counted(sum(not one.ok for one in findings), 'thing is', 'things are')} wrong.")
        raise typer.Exit(Exit.FAILURE)


def _examine(settings: Settings) -> Iterator[Finding]:
    try:
        system = build(settings)
    except StorageError as error:
        yield Finding("database", False, str(error), "hub init, or hub db upgrade")
        return
    except SealError as error:
        yield Finding("key", False, str(error), "set HUB_SECRET_KEY to the key of this hub")
        return
    except ConfigError as error:
        yield Finding("settings", False, str(error), "hub init")
        return
    try:
        yield from _ground(system)
        yield from _plugins(system)
        yield from _connections(system)
        yield from _work(system)
    finally:
        system.close()


def _ground(system: System) -> Iterator[Finding]:
    settings, engines = system.settings, system.engines
    yield Finding("database", True, f"{engines.dialect}, schema and key fit this program")
    if engines.dialect == "sqlite":
        yield _sqlite(system)
        free = shutil.disk_usage(settings.home).free
        yield Finding(
            "disk", free > LITTLE_SPACE, f"{free // 1_000_000} MB are free in {settings.home}",
            "" if free > LITTLE_SPACE else "make room: without it no order can be accepted",
        )  # fmt: skip


def _sqlite(system: System) -> Finding:
    with system.hub.store.reading() as database:
        mode, sync = health.sqlite_settings(database)
    right = (mode, sync) == ("wal", 2)
    text = f"journal {mode}, synchronous {'FULL' if sync == 2 else sync}"
    return Finding("durability", right, text, "" if right else "move the file to a local disk")


def _plugins(system: System) -> Iterator[Finding]:
    broken = [plugin for plugin in system.hub.registry.plugins if plugin.error]
    for plugin in broken:
        yield Finding("plugin", False, f"{plugin.name}: {plugin.error}", "hub plugin list")
    if not broken:
        yield Finding("plugins", True, f"{len(system.hub.registry.plugins)} are well")


def _connections(system: System) -> Iterator[Finding]:
    hub = system.hub
    with hub.store.reading() as database:
        connections = list_connections(database)
        late = health.overdue_streams(database, hub.store.clock())
    for one in connections:
        if one.connector not in hub.registry.connectors:
            yield Finding(one.code, False, f"no plugin brings {one.connector}", "hub plugin list")
        if one.state == ConnectionState.NEEDS_AUTH:
            yield Finding(one.code, False, f"its credentials are refused: {one.reason}",
                          f"hub connections rotate {one.code} --secret …")  # fmt: skip
        elif one.state != ConnectionState.ACTIVE:
            yield Finding(one.code, False, f"it is {one.state}: {one.reason}",
                          f"hub connections resume {one.code}")  # fmt: skip
    for stream in late:
        since = f"since {stream.since:%Y-%m-%d %H:%MZ}" if stream.since else "ever"
        yield Finding(stream.connection, False, f"{stream.stream} were not pulled {since}",
                      f"hub serve, or hub sync {stream.connection}")  # fmt: skip
    yield Finding("connections", True, f"{len(connections)} are connected")


def _work(system: System) -> Iterator[Finding]:
    store = system.hub.store
    at_work = engine_at_work(store)
    with store.reading() as database:
        due = health.oldest_due(database, store.clock())
        found = [(name, count(database), sentence, repair)
                 for name, (count, sentence, repair) in COUNTED.items()]  # fmt: skip
    idle = due is not None and not at_work
    yield Finding(
        "engine", not idle,
        "at work" if at_work else f"none, and work is due since {due:%H:%MZ}" if idle else "none",
        "" if at_work else "hub serve",
    )  # fmt: skip
    for name, number, sentence, repair in found:
        yield _about(name, number, sentence, repair)


COUNTED = {
    "jobs": (health.dead, "jobs are dead", "hub jobs list --state dead; hub jobs replay"),
    "unknown effects": (
        health.unsettled_effects, "calls have no known end yet", "hub effects list --state unknown",
    ),
    "effects": (
        health.effects_for_a_person, "calls wait for a person",
        "hub effects list --state needs_operator; hub effects resolve",
    ),
    "quarantine": (
        health.quarantined, "records were not understood",
        "hub quarantine list; hub quarantine retry",
    ),
    "channels": (
        health.refused_wishes, "values were refused by a channel",
        "hub inventory show SKU; hub inventory publish CODE",
    ),
    "oversold": (
        health.oversold, "items are promised beyond what is there", "hub inventory adjust SKU",
    ),
}  # fmt: skip
"""What must be none: how it is counted, what it means, what to do."""


def _about(name: str, found: Counted, sentence: str, repair: str) -> Finding:
    if not found.count:
        return Finding(name, True, "none")
    example = f", such as {found.example}" if found.example else ""
    return Finding(name, False, f"{found.count} {sentence}{example}", repair)
