"""The options that many commands share, so that they read alike everywhere."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many rows at most.")]
Code = Annotated[str, typer.Argument(help="The connection's code, such as NYC.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show personal data in clear.")]
