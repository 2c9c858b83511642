"""`hub purchases ack`, `cancel`, `hold` …: what is done about an order that exists."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from hub.cli.buying import Number, Quantities, quantities, told
from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.since import coming_instant
from hub.domain.purchasing import PurchaseAct
from hub.services.purchasing import orders
from hub.services.purchasing.stored import refuse_unless

Reason = Annotated[str, typer.Option(help="Why; it stays with the order.")]


def acknowledge(
    number: Number,
    lines: Quantities = None,
    expected: Annotated[str, typer.Option(help="The promised day: 10d, or 2026-12-01.")] = "",
    reference: Annotated[str, typer.Option(help="How the supplier calls the order.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Keep the supplier's word: what it confirmed, and by when it comes."""
    day = coming_instant(expected, datetime.now(UTC))
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.ACKNOWLEDGE)
        if not dry_run:
            orders.acknowledge_purchase(system.hub, number, day, reference, quantities(lines))
    told(as_json, dry_run, f"{number} is confirmed.", order=number, expected_at=day)


def cancel(
    number: Number, reason: Reason, lines: Quantities = None, dry_run: DryRun = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Cancel what has not come: all of it, or some units by SKU."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.CANCEL)
        units = 0
        if not dry_run:
            units = orders.cancel_purchase(system.hub, number, reason, quantities(lines))
    told(as_json, dry_run, f"{units or 'the'} units of {number} are cancelled.",
         order=number, cancelled=units)  # fmt: skip


def hold(number: Number, reason: Reason, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Stop an order for now; it still counts as on order."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.HOLD)
        if not dry_run:
            orders.hold_purchase(system.hub, number, reason)
    told(as_json, dry_run, f"{number} is held: {reason}.", order=number)


def release(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Let a held order go on."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.RELEASE)
        if not dry_run:
            orders.release_purchase(system.hub, number)
    told(as_json, dry_run, f"{number} goes on.", order=number)


def lose(number: Number, reason: Reason, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Say that what is outstanding will not come; it counts as on order no more."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.LOSE)
        if not dry_run:
            orders.lose_purchase(system.hub, number, reason)
    told(as_json, dry_run, f"{number} is lost.", order=number)


def invoice(
    number: Number, lines: Quantities = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Keep what the supplier's invoice bills, in units by SKU."""
    billed = quantities(lines)
    if billed is None:
        raise UsageError("say what is billed: SKU=UNITS")
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.INVOICE)
        if not dry_run:
            orders.invoice_purchase(system.hub, number, billed)
    told(as_json, dry_run, f"{sum(billed.values())} units of {number} are billed.",
         order=number, invoiced=billed)  # fmt: skip


def close(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """End an order from which nothing more is to come."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.CLOSE)
        if not dry_run:
            orders.close_purchase(system.hub, number)
    told(as_json, dry_run, f"{number} is closed.", order=number)
