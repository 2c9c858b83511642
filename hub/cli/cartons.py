"""`hub cartons`: the boxes the merchant keeps."""

from typing import Annotated

import typer

from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, print_json, print_rows, say
from hub.records.warehouse import Carton, Size
from hub.services.warehouse import cartons

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Cartons.")

CARTONS: Cells = {
    "code": lambda row: row.code, "title": lambda row: row.title,
    "inside, mm": lambda row: f"{row.inner.length_mm} × {row.inner.width_mm} × "
    f"{row.inner.height_mm}",
    "own weight, g": lambda row: row.tare_g, "carries, g": lambda row: row.max_g,
}  # fmt: skip
Inside = Annotated[str, typer.Option("--inside", metavar="LxWxH", help="Millimetres: 300x200x150.")]


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List the boxes."""
    with opened() as system:
        rows = cartons.list_cartons(system.hub)
    print_rows(rows, CARTONS, as_json, "No boxes are kept: hub cartons add S --inside 200x150x100")


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="Its short name.")],
    inside: Inside,
    title: Annotated[str, typer.Option(help="What people call it.")] = "",
    tare: Annotated[int, typer.Option(min=0, help="Its own weight in grams.")] = 0,
    most: Annotated[int | None, typer.Option(min=1, help="What it carries, in grams.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Keep a box, or say its sides anew."""
    made = Carton(code=code, title=title, inner=size_of(inside), tare_g=tare, max_g=most)
    if not dry_run:
        with opened() as system:
            cartons.keep_carton(system.hub, made)
    if as_json:
        return print_json(made.to_document() | {"dry_run": dry_run})
    return say(f"{code} {'would be' if dry_run else 'is'} kept.")


@app.command()
def remove(code: str, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Keep a box no more."""
    with opened() as system:
        known = code in {one.code for one in cartons.list_cartons(system.hub)}
        if not known:
            raise NotFoundError(f"there is no carton {code}; hub cartons list shows them")
        if not dry_run:
            cartons.drop_carton(system.hub, code)
    if as_json:
        return print_json({"code": code, "removed": not dry_run, "dry_run": dry_run})
    return say(f"{code} {'would be' if dry_run else 'is'} kept no more.")


@app.command()
def measure(
    sku: Annotated[str, typer.Argument(help="The variant.")],
    size: Annotated[
        str, typer.Option("--size", metavar="LxWxH", help="Of one unit, in millimetres.")
    ] = "",
    weight: Annotated[int | None, typer.Option(min=1, help="Of one unit, in grams.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say how big and heavy one unit of a variant is; boxes are chosen by it."""
    if not size and weight is None:
        raise UsageError("say --size, --weight, or both")
    sides = size_of(size) if size else None
    with opened() as system:
        known = cartons.measure(system.hub, sku, sides, weight, dry_run)
    if not known:
        raise NotFoundError(f"there is no variant {sku}; hub inventory show lists them")
    if as_json:
        return print_json({"sku": sku, "size": sides and sides.to_document(), "weight_g": weight,
                           "dry_run": dry_run})  # fmt: skip
    return say(f"{sku} {'would be' if dry_run else 'is'} measured.")


def size_of(text: str) -> Size:
    """Read 300x200x150 as millimetres; raises `UsageError`."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) for part in parts):
        raise UsageError(f"{text!r} is no size: three sides in millimetres, such as 300x200x150")
    length, width, height = map(int, parts)
    return Size(length_mm=length, width_mm=width, height_mm=height)
