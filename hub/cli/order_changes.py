"""`hub orders refund` and `hub orders cancel`: what is asked of the shop in our name."""

from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Yes
from hub.cli.printing import print_json, say, sure
from hub.records.money import from_minor
from hub.services.context import Hub
from hub.services.orders.cancelling import ask_cancellation, may_cancel
from hub.services.orders.refunding import (
    RefundPlan,
    UnclearAmountError,
    ask_refund,
    plan_refund,
)
from hub.store.ids import new_id

Number = Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")]


def refund(
    number: Number,
    amount: Annotated[str, typer.Option(help="Money alone, such as 12.90.")] = "",
    line: Annotated[
        list[str] | None, typer.Option(metavar="SKU=UNITS", help="Units; may be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; the shop keeps it.")] = "",
    booked_only: Annotated[
        bool, typer.Option("--booked-only", help="The money went back some other way: book it.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give money back through the shop, never more than was captured and not given back."""
    with opened() as system:
        plan = _plan(system.hub, number, amount, line or [])
        told = f"{from_minor(plan.amount_minor, plan.currency)} {plan.currency}"
        effect = ""
        if not dry_run:
            sure(f"{told} of {plan.number} is given back.", yes)
            effect = ask_refund(system.hub, plan, reason, new_id(), pays_back=not booked_only)
    if as_json:
        return print_json(_shown(plan, effect, dry_run))
    if dry_run:
        left = from_minor(plan.refundable_minor, plan.currency)
        return say(f"{told} of {plan.number} would be given back, of {left} that may be.")
    return say(f"{told} of {plan.number} is being given back: hub effects show {effect}")


def _plan(hub: Hub, number: str, amount: str, lines: list[str]) -> RefundPlan:
    try:
        return plan_refund(hub, number, amount or None, dict(map(_units, lines)))
    except UnclearAmountError as error:
        raise UsageError(str(error)) from None


def _units(text: str) -> tuple[str, int]:
    sku, _, units = text.rpartition("=")
    if not sku or not units.isascii() or not units.isdigit():
        raise UsageError(f"{text} is not SKU=UNITS, such as TEE-M=1")
    return sku, int(units)


def _shown(plan: RefundPlan, effect: str, dry_run: bool) -> dict[str, object]:
    return {
        "order": plan.number, "amount": from_minor(plan.amount_minor, plan.currency),
        "currency": plan.currency, "refundable": from_minor(plan.refundable_minor, plan.currency),
        "lines": plan.lines, "effect": effect, "dry_run": dry_run,
    }  # fmt: skip


def cancel(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why; the shop keeps it.")],
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Cancel an order at its shop: it is held at once, and freed when the shop has agreed."""
    with opened() as system:
        may_cancel(system.hub, number)
        effect = ""
        if not dry_run:
            sure(f"{number} is cancelled at its shop.", yes)
            by = operator()
            effect = ask_cancellation(system.hub, number, reason, by)
    if as_json:
        return print_json({"order": number, "effect": effect, "dry_run": dry_run})
    if dry_run:
        return say(f"{number} would be cancelled at its shop.")
    return say(f"The shop is asked to cancel {number}: hub effects show {effect}")
