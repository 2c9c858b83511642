"""The demo's hands: the public commands, run as anybody would run them."""

import contextlib
import io
import shlex
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console

from hub.cli.main import app

console = Console(highlight=False, stderr=False)


class CommandFailedError(RuntimeError):
    """A command of the story did not end well."""


def run(*words: str) -> None:
    """Run `hub WORDS…` in front of whoever watches, the command first."""
    show(shlex.join(words))
    _do(words)


def show(words: str) -> None:
    """Show a command as it would be typed."""
    console.print(f"\n[bold green]$[/] [bold]hub {words}[/]", soft_wrap=True)


def ask(*words: str) -> Any:
    """Run `hub WORDS… --json` and give the data."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        _do((*words, "--json"))
    return msgspec.json.decode(printed.getvalue())


def _do(words: Sequence[str]) -> None:
    if code := app(args=list(words), prog_name="hub", standalone_mode=False):
        raise CommandFailedError(f"`hub {shlex.join(words)}` ended with {code}")


def tell(sentence: str) -> None:
    """Say what happens next and why."""
    console.print(f"\n[bold cyan]{sentence}[/]", soft_wrap=True)
