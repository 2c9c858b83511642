"""`hub returns`: what people decide about a return and its money."""

from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Yes
from hub.cli.printing import print_json, sure
from hub.cli.return_acts import Goods, Number, Why, act_on, units_of
from hub.records.money import MoneyError, to_minor
from hub.records.returns import Condition, Resolution, ReturnReason
from hub.services.context import Hub
from hub.services.returns.agree import agree, deny, grant
from hub.services.returns.approve import approve, cancel, close, decline
from hub.services.returns.match import match
from hub.services.returns.replacement import send_now
from hub.services.returns.request import Requested, Wanted, judge_request, request_return
from hub.services.returns.rows import find_return, get_return
from hub.store.orders import get_order

Order = Annotated[str, typer.Argument(help="The order: NYC-1001, or 1001 where that is clear.")]


def request(
    order: Order,
    goods: Goods,
    reason: Annotated[ReturnReason, typer.Option(help="Why they come back.")] = ReturnReason.OTHER,
    condition: Annotated[
        Condition, typer.Option(help="What the customer says of them.")
    ] = Condition.UNKNOWN,
    resolution: Annotated[
        Resolution, typer.Option(help="What the customer wants for them.")
    ] = Resolution.REFUND,
    exchange: Annotated[str, typer.Option(metavar="SKU", help="Another SKU instead.")] = "",
    note: Annotated[str, typer.Option(help="For whoever receives it; name nobody.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Ask for a return; the policy approves it, declines it, or leaves it to a person."""
    chosen = Resolution.EXCHANGE if exchange else resolution
    wanted = [
        Wanted(sku, units, reason, condition, chosen, exchange)
        for sku, units in map(units_of, goods)
    ]
    with opened() as system:
        made = (
            judge_request(system.hub, order, wanted)
            if dry_run
            else request_return(system.hub, order, wanted, operator(), note)
        )
    _print_request(made, dry_run, as_json)


def _print_request(made: Requested, dry_run: bool, as_json: bool) -> None:
    checks = made.ruling.checks
    if as_json:
        return print_json({"return": made.number, "answer": made.ruling.answer,
                           "checks": checks, "dry_run": dry_run})  # fmt: skip
    print(f"{made.number or 'The policy'}: {made.ruling.answer}")
    marks = {True: "+", False: "-", None: "?"}
    for check in checks:
        print(f"  {marks[check.passed]} {check.reason}")
    return None


def approve_one(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Approve a request, or accept goods that came unasked."""
    act_on(number, lambda hub: approve(hub, number, operator()), dry_run, as_json)


def decline_one(number: Number, why: Why, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Refuse a request, or goods that came unasked."""
    act_on(number, lambda hub: decline(hub, number, why, operator()), dry_run, as_json)


def cancel_one(number: Number, why: Why, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Call a return off before anything of it came: label and exchange are given back."""
    act_on(number, lambda hub: cancel(hub, number, why, operator()), dry_run, as_json)


def close_one(
    number: Number, why: Why = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Put a return away; what is still missing is no longer waited for."""
    act_on(number, lambda hub: close(hub, number, operator(), why), dry_run, as_json)


def exchange(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Let what is sent instead leave now, before the old goods are back."""
    act_on(number, lambda hub: send_now(hub, number, operator()), dry_run, as_json)


def match_one(number: Number, order: Order, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Say of which order goods are that came without one."""
    act_on(number, lambda hub: match(hub, number, order, operator()), dry_run, as_json)


def refund(
    number: Number,
    amount: Annotated[str, typer.Option(help="Instead of the policy's, such as 12.90.")] = "",
    booked_only: Annotated[
        bool, typer.Option("--booked-only", help="The money went back some other way: book it.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give back what waits for a person's word, or what you name; never beyond what is left."""

    def pay(hub: Hub) -> None:
        if amount:
            grant(hub, number, _minor(hub, number, amount), operator(), not booked_only)
        else:
            agree(hub, number, operator(), not booked_only)

    told = f"{amount or 'What the policy says'} is given back for {number}."
    act_on(number, pay, dry_run, as_json, lambda system: sure(told, yes))


def _minor(hub: Hub, number: str, amount: str) -> int:
    with hub.store.reading() as database:
        stored = get_return(database, find_return(database, number))
        if stored.row.order_id is None:
            raise UsageError(f"{number} has no order: hub returns match")
        currency = get_order(database, stored.row.order_id).record.currency
    try:
        return to_minor(amount, currency)
    except MoneyError as error:
        raise UsageError(str(error)) from None


def deny_some(
    number: Number, goods: Goods, why: Why, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Decide that nothing is given for these units."""

    def refuse(hub: Hub) -> None:
        for sku, units in map(units_of, goods):
            deny(hub, number, sku, units, why, operator())

    act_on(number, refuse, dry_run, as_json)
