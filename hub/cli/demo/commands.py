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
    """A command of the story did not end as it should."""


def run(*words: str) -> None:
    """Run `hub WORDS…` in front of whoever watches, the command first."""
    show(shlex.join(words))
    if code := _do(words):
        raise CommandFailedError(f"`hub {shlex.join(words)}` ended with {code}")


def run_refused(*words: str) -> None:
    """Run a command that the hub is to refuse; it says why."""
    show(shlex.join(words))
    if not _do(words):
        raise CommandFailedError(f"`hub {shlex.join(words)}` was not refused")


def show(words: str) -> None:
    """Show a command as it would be typed."""
    console.print(f"\n[bold green]$[/] [bold]hub {words}[/]", soft_wrap=True)


def ask(*words: str) -> Any:
    """Run `hub WORDS… --json` and give the data."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = _do((*words, "--json"))
    if code:
        raise CommandFailedError(f"`hub {shlex.join(words)} --json` ended with {code}")
    return msgspec.json.decode(printed.getvalue())


def _do(words: Sequence[str]) -> int:
    return int(app(args=list(words), prog_name="hub", standalone_mode=False) or 0)


def tell(sentence: str) -> None:
    """Say what happens next and why."""
    console.print(f"\n[bold cyan]{sentence}[/]", soft_wrap=True)


def title(words: str) -> None:
    """Begin an act."""
    console.print()
    console.rule(f"[bold]{words}[/]", align="left")
