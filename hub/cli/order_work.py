"""`hub orders tag`, `note`, `split`, `shipping`: what people do about single orders."""

from enum import StrEnum
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json
from hub.cli.printing import print_json, say
from hub.services.context import Hub
from hub.services.orders.splitting import plan_split, set_shipping, split_order
from hub.services.orders.tags import clean_tag, tag_order, untag_order, write_note
from hub.store.orders import find_order_id

Number = Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")]


class Ships(StrEnum):
    """How the units of an order leave that are not all there."""

    TOGETHER = "together"
    AVAILABLE = "available"
    DEFAULT = "default"


def tag(
    number: Number,
    tags: Annotated[list[str], typer.Argument(metavar="TAG…")],
    remove: Annotated[bool, typer.Option("--remove", help="Take them off instead.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put tags on an order, or take them off."""
    words = [clean_tag(one) for one in tags]
    with opened() as system:
        order_id = id_of(system.hub, number)
        changed = 0
        if not dry_run:
            with system.hub.store.unit_of_work() as unit:
                for word in words:
                    changed += (
                        untag_order(unit, order_id, word)
                        if remove
                        else tag_order(unit, order_id, word, operator())
                    )
    if as_json:
        return print_json({"order": number, "tags": words, "changed": changed, "dry_run": dry_run})
    if dry_run:
        return say(f"{number} would {'lose' if remove else 'get'} {', '.join(words)}.")
    return say(f"{number}: {changed} of {len(words)} {'taken off' if remove else 'put on'}.")


def note(
    number: Number,
    text: Annotated[str, typer.Argument(help="It is sealed: it may name the customer.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write a note about an order; hub orders show --reveal shows it."""
    if not text.strip():
        raise UsageError("an empty note says nothing")
    with opened() as system:
        order_id = id_of(system.hub, number)
        if not dry_run:
            with system.hub.store.unit_of_work() as unit:
                write_note(unit, order_id, text, operator())
    if as_json:
        return print_json({"order": number, "written": not dry_run, "dry_run": dry_run})
    return say(f"The note {'would be' if dry_run else 'is'} kept with {number}.")


def split(
    number: Number,
    line: Annotated[list[str], typer.Option(metavar="SKU=UNITS", help="Units; may be repeated.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give units of an order a parcel of their own; the order itself stays one."""
    units = dict(map(_units, line))
    with opened() as system:
        order_id = id_of(system.hub, number)
        if dry_run:
            with system.hub.store.unit_of_work() as unit:
                plan_split(unit, order_id, units)
        else:
            split_order(system.hub, order_id, units, operator())
    if as_json:
        return print_json({"order": number, "units": units, "dry_run": dry_run})
    told = ", ".join(f"{count} of {sku}" for sku, count in units.items())
    return say(f"{told} of {number} {'would get' if dry_run else 'get'} a parcel of their own.")


def shipping(
    number: Number,
    how: Annotated[Ships, typer.Argument(help="default: as the routing policy says.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say whether an order ships together, or what is there goes first."""
    wanted = "" if how == Ships.DEFAULT else how.value
    with opened() as system:
        order_id = id_of(system.hub, number)
        changed = not dry_run and set_shipping(system.hub, order_id, wanted)
    if as_json:
        return print_json({"order": number, "ships": how, "changed": changed, "dry_run": dry_run})
    if dry_run:
        return say(f"{number} would ship: {how}.")
    return say(f"{number} ships: {how}." if changed else f"{number} ships so already.")


def _units(text: str) -> tuple[str, int]:
    sku, _, units = text.rpartition("=")
    if not sku or not units.isascii() or not units.isdigit() or int(units) == 0:
        raise UsageError(f"{text} is not SKU=UNITS, such as TEE-M=1")
    return sku, int(units)


def id_of(hub: Hub, number: str) -> str:
    """Find an order; raises `UnknownOrderError`."""
    with hub.store.reading() as database:
        return find_order_id(database, number)
