"""Doing something with a return, or rehearsing it; either way its new sentences are printed."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from hub.bootstrap import System
from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.printing import print_json, say
from hub.reports.returns import story_of
from hub.services.context import Hub
from hub.services.returns.rows import find_return, get_return
from hub.store.rehearsal import Rehearsal

Number = Annotated[str, typer.Argument(help="RMA-1001, or 1001.")]
Goods = Annotated[list[str], typer.Argument(metavar="SKU=UNITS…", help="What, and how many.")]
Why = Annotated[str, typer.Option(help="Why; the return keeps it.")]

_UNITS = re.compile(r"(?P<sku>.+)=(?P<units>[0-9]{1,6})")


def units_of(text: str) -> tuple[str, int]:
    """Read SKU=UNITS; raises `UsageError`."""
    read = _UNITS.fullmatch(text)
    if read is None or int(read["units"]) == 0:
        raise UsageError(f"{text} is not SKU=UNITS, such as TEE-M=1")
    return read["sku"], int(read["units"])


def act_on(
    number: str, act: Callable[[Hub], Any], dry_run: bool, as_json: bool,
    ask: Callable[[System], None] = lambda system: None,
) -> None:  # fmt: skip
    """Do something with a return and print what it led to; a dry run takes it back."""
    with opened() as system:
        with system.hub.store.reading() as database:
            return_id = find_return(database, number)
            known = len(story_of(database, return_id))
        if not dry_run:
            ask(system)
        show(system, return_id, known, act, dry_run, as_json)


def show(
    system: System, return_id: str, known: int, act: Callable[[Hub], Any], dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Act, or rehearse; print the sentences after the `known` ones, and where the return stands."""
    seen: list[dict[str, Any]] = []

    def look(database: Any) -> None:
        stored = get_return(database, return_id)
        told = [one.what for one in story_of(database, return_id)[known:]]
        seen.append({"return": stored.row.number, "state": stored.state(), "done": told,
                     "question": stored.row.question, "dry_run": dry_run})  # fmt: skip

    if dry_run:
        store = Rehearsal(system.hub.store, lambda unit: look(unit.connection))
        act(replace(system.hub, store=store))
    else:
        act(system.hub)
        with system.hub.store.reading() as database:
            look(database)
    print_outcome(seen[-1], as_json)


def print_outcome(outcome: dict[str, Any], as_json: bool) -> None:
    """Print what was done, or would be."""
    if as_json:
        return print_json(outcome)
    print(f"{outcome['return']}{' would be' if outcome['dry_run'] else ' is'} "
          f"{str(outcome['state']).replace('_', ' ')}.")  # fmt: skip
    for sentence in outcome["done"]:
        print(f"  {sentence}")
    return say(outcome["question"]) if outcome["question"] else None
