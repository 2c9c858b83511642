"""The checks that every hub must pass at any moment, each with a sentence and its result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.reports import stock_invariants as stock
from hub.reports import work_invariants as work

EXAMPLES = 5

INVARIANTS: tuple[Callable[[Connection], Iterator[str]], ...] = (
    stock.levels_equal_the_ledger,
    stock.sellable_equals_the_levels,
    stock.reserved_equals_the_reservations,
    stock.allocated_equals_the_allocations,
    stock.levels_equal_the_allocations,
    stock.lines_equal_their_reservations,
    stock.lines_equal_their_allocations,
    stock.confirmed_numbers_are_true,
    work.a_shipment_has_at_most_one_label,
    work.what_left_had_a_label,
    work.every_open_effect_has_its_job,
    work.every_webhook_is_accounted_for,
    work.every_open_wish_has_its_job,
    work.every_dead_job_says_why,
)


@dataclass(frozen=True)
class Checked:
    """One invariant and whether it holds."""

    name: str
    sentence: str
    holds: bool
    offenders: int
    examples: tuple[str, ...]


def check_invariants(database: Connection) -> list[Checked]:
    """Check every invariant over the whole database, in one look."""
    return [_checked(invariant, database) for invariant in INVARIANTS]


def _checked(invariant: Callable[[Connection], Iterator[str]], database: Connection) -> Checked:
    offenders = list(invariant(database))
    return Checked(
        name=invariant.__name__, sentence=(invariant.__doc__ or "").strip(), holds=not offenders,
        offenders=len(offenders), examples=tuple(offenders[:EXAMPLES]),
    )  # fmt: skip
