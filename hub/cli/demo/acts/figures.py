"""The figures: orders by phase, suppliers by what they kept, books against ledgers."""

from collections import Counter

from hub.cli.demo.commands import ask, console, run, tell
from hub.cli.demo.stage import Stage
from hub.cli.demo.waiting import until_quiet


def play(_stage: Stage) -> None:
    """Hand over what is left, then count."""
    run("orders", "handover", "--all")
    until_quiet("everything is told and published")
    phases = Counter(one["phase"] for one in ask("orders", "list", "--limit", "10000"))
    tell("Where all orders are now:")
    for phase, orders in phases.most_common():
        console.print(f"  {orders:>5}  {phase}")
    tell("Both ledgers against the numbers beside them, and against what the shops show now:")
    run("inventory", "verify", "--channels")
