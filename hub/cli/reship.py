"""`hub orders reship`: send again what a carrier lost or damaged."""

from typing import Annotated

import typer

from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Yes
from hub.cli.printing import print_json, say, sure
from hub.services.orders.reship import plan_reshipment
from hub.services.orders.reship import reship as send_again


def reship(
    number: Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")],
    parcel: Annotated[str, typer.Option(help="Tracking number, where several are gone.")] = "",
    reason: Annotated[str, typer.Option(help="Why; name nobody.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send the units of a lost, damaged or returned parcel again, once, at no charge."""
    with opened() as system:
        plan = plan_reshipment(system.hub, number, parcel)
        units = ", ".join(f"{line.units} × {line.sku or line.title}" for line in plan.lines)
        placed = ""
        if not dry_run:
            sure(f"{units} of {number} is sent again.", yes)
            placed = send_again(system.hub, plan, reason, operator())
    if as_json:
        return print_json({"order": number, "parcel": plan.shipment_id, "placed": placed,
                           "units": {one.sku: one.units for one in plan.lines},
                           "dry_run": dry_run})  # fmt: skip
    if dry_run:
        return say(f"{units} of {number} would be sent again as {plan.name}.")
    return say(f"{units} is sent again: hub orders show {placed}")
