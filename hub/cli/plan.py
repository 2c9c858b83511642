"""The first sync shown as a plan, and the choice of imported orders that follows from it."""

from collections.abc import Sequence

from hub.cli.exits import UsageError
from hub.cli.printing import Cells, print_facts, print_table, say
from hub.reports.plan import HeldOrder, Plan

CELLS: Cells = {
    "order": lambda row: row.number, "placed": lambda row: row.placed_at,
    "total": lambda row: row.total, "if released": lambda row: "ships" if row.may_ship else "waits",
    "because": lambda row: row.against,
}  # fmt: skip


def print_plan(plan: Plan) -> None:
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
        "stock to publish": f"{plan.numbers_to_publish} listings show another number",
        "kept aside": plan.quarantined,
        "held as imported": f"{len(plan.held)}, of them {len(plan.may_ship)} would ship",
    })  # fmt: skip
    if plan.held:
        print_table(plan.held, CELLS)
    if not plan.writes:
        say(f"Next: hub connections writes {code} on [--release all|NUMBER …]; none by default")


def to_release(plan: Plan, chosen: Sequence[str]) -> list[HeldOrder]:
    """Give the imported orders that were chosen: all that may ship, none, or those named."""
    if not chosen or list(chosen) == ["none"]:
        return []
    if list(chosen) == ["all"]:
        return list(plan.may_ship)
    by_number = {order.number: order for order in plan.held}
    if unknown := [number for number in chosen if number not in by_number]:
        raise UsageError(f"{', '.join(unknown)}: not held as imported by {plan.connection}")
    return [by_number[number] for number in chosen]
