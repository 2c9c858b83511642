"""The demo's hands: the public commands, run as anybody would run them."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console

from hub.cli.main import app

MOST_LINES = 40

console = Console(highlight=False, stderr=False)


class CommandFailedError(RuntimeError):
    """A command of the story did not end well."""


def run(*words: str, quiet: bool = False) -> str:
    """Run `hub WORDS…`, showing the command and what it prints; gives what it printed."""
    if not quiet:
        console.print(f"\n[bold green]$[/] [bold]hub {' '.join(words)}[/]", soft_wrap=True)
    text, code = _captured(words)
    if not quiet:
        _show(text.rstrip().splitlines())
    if code:
        raise CommandFailedError(f"`hub {' '.join(words)}` ended with {code}")
    return text


def _show(lines: Sequence[str]) -> None:
    for line in lines[:MOST_LINES]:
        console.print(line, markup=False, soft_wrap=True)
    if len(lines) > MOST_LINES:
        console.print(f"[dim]… and {len(lines) - MOST_LINES} lines more[/]")


def ask(*words: str) -> Any:
    """Run `hub WORDS… --json` and give the data."""
    return msgspec.json.decode(run(*words, "--json", quiet=True))


def _captured(words: Sequence[str]) -> tuple[str, int]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = app(args=list(words), prog_name="hub", standalone_mode=False)
    return printed.getvalue(), int(code or 0)


def tell(sentence: str) -> None:
    """Say what happens next and why."""
    console.print(f"\n[bold cyan]{sentence}[/]", soft_wrap=True)
