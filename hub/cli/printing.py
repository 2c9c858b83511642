"""Printing: data on standard output, as a table or as JSON; talk on standard error."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import typer
from pydantic import BaseModel

from hub.cli.exits import UsageError
from hub.records.money import Money, from_minor

WIDE = 250
"""Columns of a table that no terminal reads: nothing is cut."""

Cells = Mapping[str, Callable[[Any], Any]]
"""Heading → what to show of a row."""


def print_json(data: Any) -> None:
    """Print one JSON document: ISO instants, money as decimal text beside its currency."""
    text = msgspec.json.format(msgspec.json.encode(data, enc_hook=_plain), indent=2).decode()
    print(text, flush=True)  # a command that stays must be heard through a pipe at once


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": from_minor(value.minor, value.currency), "currency": value.currency}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


def print_rows(rows: Sequence[Any], cells: Cells, as_json: bool, nothing: str) -> None:
    """Print a list: a JSON array, or a table; an empty table says what it would hold."""
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, cells)
    else:
        say(nothing)


def print_table(rows: Sequence[Any], cells: Cells) -> None:
    """Print rows as a table, without cutting anything off when nobody watches."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in cells:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_escaped(shown(cell(row))) for cell in cells.values()))
    console.print(table)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one to a line."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {shown(value)}")


def shown(value: Any) -> str:
    """Print one value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items()) or "–"
    return str(value)


def counted(number: int, one: str, many: str = "") -> str:
    """Print a number with its noun: 1 order, 2 orders."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def say(sentence: str) -> None:
    """Tell a person something; never part of the data, and after the data printed before it."""
    sys.stdout.flush()
    print(sentence, file=sys.stderr)


def sure(question: str, yes: bool) -> None:
    """Go on only if a person agrees; without a terminal only `--yes` does."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Add --yes to agree")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
