"""`hub connections stock-policy` and `disconnect`: who wins at the shop, and how it is left."""

from typing import Annotated

import typer

from hub.cli.exits import Exit, UsageError
from hub.cli.opening import opened
from hub.cli.options import Code, DryRun, Json, Yes
from hub.cli.printing import print_json, say, sure
from hub.services.stock.hand_edits import POLICIES, set_stock_policy
from hub.services.vendors.disconnect import disconnect as leave

MEANINGS = {
    "hub_wins": "a number typed at the shop is overwritten by what the hub counts",
    "channel_wins": "a number typed at the shop is taken over as the hub's stock",
}


def stock_policy(
    code: Code,
    policy: Annotated[str, typer.Argument(metavar="|".join(POLICIES))],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say who wins when a person types a stock number at the shop."""
    if policy not in POLICIES:
        raise UsageError(f"say {' or '.join(f'`{one}`' for one in POLICIES)}")
    with opened() as system:
        system.hub.connection(code)
        changed = not dry_run and set_stock_policy(system.hub, code, policy)
    if as_json:
        return print_json(
            {"connection": code, "stock_policy": policy, "changed": changed, "dry_run": dry_run}
        )
    kept = "would be kept" if dry_run else "is kept" if changed else "was so already"
    return say(f"{code}: {MEANINGS[policy]}; this {kept}.")


def disconnect(
    code: Code,
    reason: Annotated[str, typer.Option(help="Shown to whoever wonders.")] = "left by hand",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Leave a vendor: our webhooks there are removed, nothing is called any more, records stay."""
    left_behind = ""
    with opened() as system:
        system.hub.connection(code)
        if not dry_run:
            sure(f"{code} will not be called any more, and its webhooks are removed there.", yes)
            left_behind = leave(system.hub, code, reason)
    if as_json:
        print_json({"connection": code, "state": "disabled", "dry_run": dry_run,
                    "left_behind": left_behind})  # fmt: skip
    else:
        told = "would be disconnected" if dry_run else "is disconnected; what it brought stays"
        say(f"{code} {told}. `hub connections resume {code}` connects it again.")
    if left_behind:
        say(f"But {left_behind}; remove them in the vendor's own settings.")
        raise typer.Exit(Exit.PARTIAL)
