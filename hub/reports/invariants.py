"""The checks that every hub must pass at any moment, each with a sentence and its result."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.reports import purchase_invariants as purchases
from hub.reports import return_invariants as returns
from hub.reports import stock_invariants as stock
from hub.reports import work_invariants as work

EXAMPLES = 5

INVARIANTS: tuple[Callable[[Connection], Iterator[str]], ...] = (
    stock.levels_equal_the_ledger,
    stock.sellable_equals_the_levels,
    stock.unsellable_equals_the_buckets,
    stock.reserved_equals_the_reservations,
    stock.allocated_equals_the_allocations,
    stock.levels_equal_the_allocations,
    stock.lines_equal_their_reservations,
    stock.lines_equal_their_allocations,
    stock.confirmed_numbers_are_true,
    returns.order_lines_know_what_came_back,
    returns.order_lines_know_what_is_coming,
    returns.return_lines_are_the_sum_of_their_rows,
    returns.every_disposition_moved_its_units_once,
    returns.returns_pay_what_they_decided,
    purchases.purchase_lines_equal_their_receipts,
    purchases.receipts_equal_the_ledger,
    purchases.more_than_was_ordered_was_told,
    work.a_shipment_has_at_most_one_label,
    work.what_left_had_a_label,
    work.every_open_effect_has_its_job,
    work.every_webhook_is_accounted_for,
    work.every_open_wish_has_its_job,
    work.every_dead_job_says_why,
)


BOOKS_ARE_OFF = (
    "somebody wrote to the database behind the hub's back: restore a backup, or count the item "
    "(hub counts start) and book the difference"
)
WORK_IS_OFF = "look at hub doctor and hub jobs list --state dead; replay what died"
REMEDIES: Mapping[str, str] = {
    **{
        invariant.__name__: BOOKS_ARE_OFF for invariant in INVARIANTS
        if invariant.__module__ == stock.__name__
    },
    stock.confirmed_numbers_are_true.__name__:
        "hub inventory publish CONNECTION sends its numbers anew; then look at hub drift",
}  # fmt: skip
"""What a person does about each offence of the books."""


@dataclass(frozen=True)
class Checked:
    """One invariant and whether it holds."""

    name: str
    sentence: str
    holds: bool
    offenders: int
    examples: tuple[str, ...]
    remedy: str = ""
    """What to do when it does not hold."""


def check_invariants(database: Connection) -> list[Checked]:
    """Check every invariant over the whole database, in one look."""
    return [_checked(invariant, database) for invariant in INVARIANTS]


def _checked(invariant: Callable[[Connection], Iterator[str]], database: Connection) -> Checked:
    offenders = list(invariant(database))
    return Checked(
        name=invariant.__name__, sentence=_sentence(invariant), holds=not offenders,
        offenders=len(offenders), examples=tuple(offenders[:EXAMPLES]),
        remedy=REMEDIES.get(invariant.__name__, WORK_IS_OFF),
    )  # fmt: skip


def _sentence(invariant: Callable[[Connection], Iterator[str]]) -> str:
    """Give the first paragraph of what it says of itself, on one line."""
    return " ".join((invariant.__doc__ or "").split("\n\n")[0].split())
