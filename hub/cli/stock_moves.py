"""`hub inventory receive|move|scrap|reverse`: units by hand, each movement with its reason."""

from typing import Annotated

import typer

from hub.cli.exits import NotFoundError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import print_json, say
from hub.cli.stock_words import At, CommandId, Reason, bucket, check_names, command
from hub.services.stock import stockroom

Count = Annotated[int, typer.Argument(min=1, help="Units.")]


def receive(
    sku: str,
    units: Count,
    reason: Reason,
    at: At = "",
    into: Annotated[str, typer.Option(metavar="BUCKET", help="Or: damaged …")] = "good",
    command_id: CommandId = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book units that a supplier brought, good ones or into a bucket."""
    target, moves = bucket(into), command(command_id)
    if dry_run:
        check_names([sku], at)
        return _tell(sku, units, moves, False, as_json, dry_run)
    with opened() as system:
        moved = stockroom.receive_stock(system.hub, sku, units, reason, moves, at or None, target)
    return _tell(sku, units, moves, moved, as_json)


def move(
    sku: str,
    units: Count,
    source: Annotated[str, typer.Argument(metavar="FROM", help="good, damaged, held …")],
    target: Annotated[str, typer.Argument(metavar="TO", help="good, damaged, held …")],
    reason: Reason,
    at: At = "",
    command_id: CommandId = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Move units between good and a bucket of one location; buckets are not for sale."""
    here, there, moves = bucket(source), bucket(target), command(command_id)
    if dry_run:
        check_names([sku], at)
        return _tell(sku, units, moves, False, as_json, dry_run)
    with opened() as system:
        moved = stockroom.change_bucket(
            system.hub, sku, units, here, there, reason, moves, at or None
        )
    return _tell(sku, units, moves, moved, as_json)


def scrap(
    sku: str,
    units: Count,
    reason: Reason,
    source: Annotated[str, typer.Option("--from", metavar="BUCKET")] = "damaged",
    at: At = "",
    command_id: CommandId = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Throw units away."""
    here, moves = bucket(source), command(command_id)
    if dry_run:
        check_names([sku], at)
        return _tell(sku, units, moves, False, as_json, dry_run)
    with opened() as system:
        moved = stockroom.scrap_stock(system.hub, sku, units, here, reason, moves, at or None)
    return _tell(sku, units, moves, moved, as_json)


def reverse(
    movement: Annotated[str, typer.Argument(help="Its id: hub inventory show SKU --json.")],
    reason: Reason,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a movement made by hand back, by a new one that points at it."""
    with opened() as system:
        known = stockroom.movement_by_hand(system.hub, movement)
        if known is None:
            raise NotFoundError(f"no movement made by hand has the id {movement}")
        done = not dry_run and stockroom.reverse_movement(system.hub, movement, reason)
    if as_json:
        return print_json({"movement": movement, "reversed": done, "dry_run": dry_run})
    if dry_run:
        return say(f"{known} would be taken back.")
    return say(f"{known} was taken back{'' if done else ' before; nothing moved'}.")


def _tell(
    sku: str, units: int, moves: str, moved: bool, as_json: bool, dry_run: bool = False
) -> None:
    if as_json:
        return print_json({"sku": sku, "units": units, "command_id": moves, "moved": moved,
                           "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{units} of {sku} would be moved.")
    if not moved:
        return say("This command was carried out before; nothing moved.")
    return say(f"{units} of {sku} are moved.")
