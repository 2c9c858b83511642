"""`hub doctor`: everything that may be wrong, each finding with the command that repairs it."""

import stat
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import typer

from hub.bootstrap import System, build
from hub.cli.ailments import CHECKS, Check, integrity
from hub.cli.exits import Exit
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import counted, print_json, say
from hub.reports.findings import Finding
from hub.sdk.errors import ConfigError
from hub.services.vendors import restored
from hub.settings import Settings
from hub.store.damage import DamagedError
from hub.store.engine import StorageError
from hub.store.sealing import SealError

Fix = Annotated[bool, typer.Option("--fix", help="Mend what can be mended without harm.")]


Reconcile = Annotated[
    bool, typer.Option("--reconcile", help="Buy and send again, after an older copy was restored.")
]


def doctor(fix: Fix = False, reconcile: Reconcile = False, as_json: Json = False) -> None:
    """Examine the hub; ends with 1 when something is wrong and stays so."""
    settings = installed()
    if fix:
        _close_key(settings)
    if reconcile:
        _reconcile(settings)
    findings = list(_examine(settings, fix))
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


def _reconcile(settings: Settings) -> None:
    """Raises `NotReconciledError` while something was not pulled since."""
    with closing(build(settings)) as system:
        doubtful = restored.reconcile(system.hub)
    say(f"Reconciled; {counted(doubtful, 'effect waits', 'effects wait')} for a person's word.")


def _examine(settings: Settings, fix: bool) -> Iterator[Finding]:
    try:
        system = build(settings)
    except DamagedError as error:
        yield Finding("database", False, str(error), "hub db check")
        return
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
        dialect = system.engines.dialect
        yield Finding("database", True, f"{dialect}, schema and key fit this program")
        for check in CHECKS:
            found = _look(system, check, fix)
            yield from found
            if check.look is integrity and not all(one.ok for one in found):
                return  # what the others read may be anything
    finally:
        system.close()


def _look(system: System, check: Check, fix: bool) -> list[Finding]:
    """Look once, and after mending once more."""
    findings = list(check.look(system))
    if fix and check.mend and not all(one.ok for one in findings):
        for one in findings:
            if not one.ok:
                say(f"Mending: {one.text}.")
        check.mend(system)
        findings = list(check.look(system))
    return findings


def _close_key(settings: Settings) -> None:
    """Let nobody else read the key."""
    file = settings.key_file
    if not settings.secret_key and file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        file.chmod(0o600)
        say(f"Mending: others could read {file}.")
