"""`hub orders hold` and `release`: reasons not to ship, with or without an end of their own."""

from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Yes
from hub.cli.order_work import Number, id_of
from hub.cli.printing import counted, print_json, say, sure
from hub.cli.since import coming_instant
from hub.records.order import HoldReason
from hub.services.orders.resolve import hold_order
from hub.services.vendors import connect as connecting

Numbers = Annotated[list[str] | None, typer.Argument(metavar="NUMBER…")]


def hold(
    number: Number,
    note: Annotated[str, typer.Option(help="Why; the next person reads it.")],
    reason: Annotated[HoldReason, typer.Option(help="What kind of hold.")] = HoldReason.MANUAL,
    until: Annotated[str, typer.Option(help="It ends by itself: 2h, 3d, 2026-12-01T08:00Z.")] = "",
    free: Annotated[
        bool, typer.Option("--free", help="Its reserved units are free for others meanwhile.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Hold an order: nothing more is shipped until it is released, or the hold ends."""
    with opened() as system:
        hub = system.hub
        order_id, ends = id_of(hub, number), coming_instant(until, hub.store.clock())
        held = not dry_run and hold_order(hub, order_id, note, operator(), reason, ends, not free)
    if as_json:
        return print_json({"order": number, "reason": reason, "until": ends, "held": not dry_run,
                           "changed": held, "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{number} would be held.")
    return say(f"{number} is held." if held else f"{number} was held so by you already.")


def release(
    numbers: Numbers = None,
    all_imported: Annotated[
        str, typer.Option(metavar="CODE", help="Every imported order of this connection.")
    ] = "",
    reason: Annotated[HoldReason | None, typer.Option(help="Only the holds of this kind.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Release the holds of these orders: they go on, and may be shipped."""
    if bool(numbers) == bool(all_imported):
        raise UsageError("name the orders, or say --all-imported CODE")
    with opened() as system:
        hub = system.hub
        ids = (
            connecting.held_orders(hub, all_imported)
            if all_imported
            else [id_of(hub, number) for number in numbers or ()]
        )
        if all_imported and ids and not dry_run:
            sure(f"{len(ids)} imported orders are released and may be shipped.", yes)
        released = 0 if dry_run else connecting.release_orders(hub, ids, operator(), reason)
    if as_json:
        return print_json({"chosen": len(ids), "released": released, "dry_run": dry_run})
    if dry_run:
        return say(f"{counted(len(ids), 'order')} would be released.")
    return say(f"{counted(released, 'order')} released.")
