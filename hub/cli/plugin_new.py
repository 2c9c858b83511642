"""`hub plugin new`: a connector package that is green from the first minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.options import Json
from hub.cli.printing import print_json, say
from hub.testing.scaffold import FAMILIES, ScaffoldError, write_package


def new(
    name: Annotated[str, typer.Argument(help="One lower-case word, such as brightcart.")],
    family: Annotated[str, typer.Option(help=f"{', '.join(FAMILIES)}.")] = "storefront",
    title: Annotated[str, typer.Option(help="The vendor's name as people write it.")] = "",
    out: Annotated[Path, typer.Option(help="Folder to put the package into.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write a connector package with its simulated vendor, samples and tests, all green."""
    try:
        place = write_package(name, out, family, title)
    except ScaffoldError as error:
        raise UsageError(str(error)) from None
    files = sorted(str(one.relative_to(place)) for one in place.rglob("*") if one.is_file())
    if as_json:
        print_json({"package": str(place), "files": files})
    else:
        print(place)
        for file in files:
            print(f"  {file}")
    say(f"Next: cd {place} && pip install -e . && pytest")
