"""Commands that are imported when they are run: `hub --help` and `hub version` stay instant."""

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from hub.cli.exits import Exit

Table = Mapping[str, tuple[str, str]]
"""Command → (where it lives, as module:name; its one line of help)."""


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and imports the one that is used."""

    table: ClassVar[Table] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a stand-in with the help line; enough for lists and completion."""
        if cmd_name not in self.table:
            return None
        return TyperCommand(name=cmd_name, help=self.table[cmd_name][1], callback=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Give the real command, loaded now."""
        if args and args[0] in self.table:
            return args[0], load(args[0], self.table[args[0]][0]), args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error becomes a sentence on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise  # Typer itself knows what these mean
        except KeyboardInterrupt:
            print("Interrupted; nothing that was finished is lost.", file=sys.stderr)
            raise typer.Exit(Exit.INTERRUPTED) from None
        except Exception as error:
            raise typer.Exit(_told(error)) from None


def load(name: str, place: str) -> Any:
    """Import a command: a Typer app of several, or a plain function."""
    module, _, attribute = place.partition(":")
    found = getattr(_imported(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name=name)(found)
        found = alone
    command = get_command(found)
    command.name = name
    return command


def _imported(module: str) -> Any:
    """Import without looking for garbage meanwhile: there is none, and it is a tenth of a start."""
    if module in sys.modules or not gc.isenabled():
        return importlib.import_module(module)
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _told(error: Exception) -> int:
    from hub.cli.failures import explain

    if os.environ.get("HUB_LOG_LEVEL", "").upper() == "DEBUG":
        traceback.print_exception(error)
    unforeseen = f"{type(error).__name__}, a fault of the hub; HUB_LOG_LEVEL=DEBUG shows where"
    sentence, code = explain(error) or (unforeseen, Exit.FAILURE)
    print(f"hub: {sentence}", file=sys.stderr)
    return int(code)
