"""Judging a count: what is booked at once, what is counted again, what a person must approve."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What follows from the numbers entered for one item so far."""

    BOOK = "book"
    """Within tolerance: the difference goes to the books."""
    RECOUNT = "recount"
    """Beyond tolerance for the first time, or two counts disagree: somebody counts again."""
    APPROVE = "approve"
    """Beyond tolerance, and counted twice alike: a person decides."""


@dataclass(frozen=True)
class Tolerance:
    """A difference up to either of these is booked without a question."""

    units: int = 0
    percent: int = 0

    def allows(self, book: int, counted: int) -> bool:
        """Whether a difference is small enough."""
        off = abs(counted - book)
        return off <= self.units or off * 100 <= self.percent * abs(book)


@dataclass(frozen=True)
class Entry:
    """A number somebody counted, and what the books said at that moment."""

    counted: int
    book: int

    @property
    def variance(self) -> int:
        """Units found beyond the books; below zero where some are missing."""
        return self.counted - self.book


def judge(entries: Sequence[Entry], tolerance: Tolerance) -> Verdict:
    """Judge by the newest entry; stock may move between two, so variances are compared."""
    *earlier, newest = entries
    if tolerance.allows(newest.book, newest.counted):
        return Verdict.BOOK
    if earlier and earlier[-1].variance == newest.variance:
        return Verdict.APPROVE
    return Verdict.RECOUNT
