"""`hub doctor`: everything that may be wrong, each finding with the command that repairs it."""

import shutil
from collections.abc import Iterator

import typer

from hub.bootstrap import System, build
from hub.cli.exits import Exit
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import counted, print_json, say
from hub.jobs.lockfile import engine_at_work
from hub.reports import health
from hub.reports.findings import Finding, connection_findings, work_findings
from hub.sdk.errors import ConfigError
from hub.settings import Settings
from hub.store.engine import StorageError
from hub.store.sealing import SealError

LITTLE_SPACE = 1_000_000_000
"""Bytes below which a database that grows is in danger."""


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
        there = bool(settings.database_url) or (settings.home / "hub.db").exists()
        yield Finding("settings", False, str(error), "" if there else "hub init")
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
        yield Finding("plugins", True, f"{len(system.hub.registry.plugins)} well")


def _connections(system: System) -> list[Finding]:
    hub = system.hub
    with hub.store.reading() as database:
        return list(connection_findings(database, hub.registry.connectors, hub.store.clock()))


def _work(system: System) -> list[Finding]:
    store = system.hub.store
    at_work = engine_at_work(store)
    with store.reading() as database:
        return list(work_findings(database, store.clock(), at_work))
