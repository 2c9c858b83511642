"""The first sync shown as a plan, and the choice of imported orders that follows from it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hub.cli.exits import UsageError
from hub.cli.printing import Cells, counted, print_facts, print_table, say
from hub.reports.plan import HeldOrder, Plan

MOST_ROWS = 10
"""Orders shown unless all are asked for: the figures above them must stay on the screen."""

CELLS: Cells = {
    "order": lambda row: row.number, "placed": lambda row: row.placed_at,
    "total": lambda row: row.total, "if released": lambda row: "ships" if row.may_ship else "waits",
    "because": lambda row: row.against,
}  # fmt: skip


TO_MAP: Cells = {
    "to map": lambda row: row.listing, "sku there": lambda row: row.sku,
    "title": lambda row: row.title, "lines waiting": lambda row: row.waiting_lines,
    "proposed": lambda row: [f"{one.sku} ({one.score})" for one in row.proposals],
}  # fmt: skip
NUMBERS: Cells = {
    "to publish": lambda row: row.listing, "sku": lambda row: row.sku,
    "shows": lambda row: row.shows, "would show": lambda row: row.would_show,
}  # fmt: skip


def print_plan(plan: Plan, everything: bool = False) -> None:
    """Print what was found, and what the hub would do there."""
    code = plan.connection
    if plan.books_opened_at is None:
        say(f"The first sync of {code} is not over: hub sync {code}")
    print_facts({
        "orders": f"{plan.orders}, of them {plan.history} history",
        "phases": [f"{count} {phase}" for phase, count in plan.by_phase.items()],
        "listings": f"{plan.listings_mapped} mapped, {plan.listings_unmapped} not mapped, "
        f"{plan.listings_not_counted} not counted",
        "opening stock": f"{plan.opening_units} units of {plan.opening_items} items",
        "stock to publish": _to_publish(plan),
        "kept aside": plan.quarantined,
        "held as imported": f"{len(plan.held)}, of them {len(plan.may_ship)} would ship",
        "the others wait": _reasons(plan.held),
    })  # fmt: skip
    _print_some(plan.to_map, TO_MAP, "listings to map", code, everything)
    _print_some(plan.publications, NUMBERS, "numbers to publish", code, everything)
    _print_orders(plan.held, code, everything)
    if not plan.writes:
        say(f"Next: hub connections writes {code} on [--release all|NUMBER …]; none by default")


def print_switch(plan: Plan, chosen: Sequence[HeldOrder]) -> None:
    """Print what switching writes on will change, before it is done."""
    print_facts({
        "stock to publish": _to_publish(plan),
        "to be released": f"{len(chosen)} of {len(plan.held)} held as imported",
    })  # fmt: skip
    _print_orders(chosen, plan.connection, everything=False)


def to_release(plan: Plan, chosen: Sequence[str]) -> list[HeldOrder]:
    """Give the imported orders that were chosen: all that may ship, none, or those named."""
    if not chosen or list(chosen) == ["none"]:
        return []
    if list(chosen) == ["all"]:
        return list(plan.may_ship)
    prefix = f"{plan.connection}-"
    by_number = {order.number: order for order in plan.held}
    named = [number if number in by_number else prefix + number for number in chosen]
    if unknown := [given for given, full in zip(chosen, named, strict=True)
                   if full not in by_number]:  # fmt: skip
        raise UsageError(f"{', '.join(unknown)}: not held as imported by {plan.connection}")
    return [by_number[number] for number in named]


def _to_publish(plan: Plan) -> str:
    count = plan.numbers_to_publish
    return f"{counted(count, 'listing')} {'shows' if count == 1 else 'show'} another number"


def _reasons(held: Sequence[HeldOrder]) -> list[str]:
    """Count what stands against orders, without the SKUs that a reason ends in."""
    reasons = Counter(reason.partition(": ")[0] for order in held for reason in order.against)
    return [f"{count} {reason}" for reason, count in reasons.most_common()]


def _print_some(rows: Sequence[Any], cells: Cells, what: str, code: str, everything: bool) -> None:
    shown = rows if everything else rows[:MOST_ROWS]
    if shown:
        print_table(shown, cells)
    if len(shown) < len(rows):
        more = len(rows) - len(shown)
        say(f"… and {more} more {what}: hub connections plan {code} --all")


def _print_orders(orders: Sequence[HeldOrder], code: str, everything: bool) -> None:
    shown = orders if everything else orders[:MOST_ROWS]
    if shown:
        print_table(shown, CELLS)
    if len(shown) < len(orders):
        more = len(orders) - len(shown)
        say(f"… and {more} more: hub connections plan {code} --all")
