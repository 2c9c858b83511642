"""What can be sold: which units count, what is free now, what can be promised by a date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.domain.kits import whole_kits
from hub.records.stock import Bucket, SellPolicy

COUNTS_FOR_SALE: Mapping[Bucket, bool] = {
    Bucket.DAMAGED: False,
    Bucket.QUALITY_CONTROL: False,
    Bucket.QUARANTINE: False,
    Bucket.B_GRADE: False,  # sold as a variant of its own, or not at all
    Bucket.HELD: False,
}
"""Whether the units of a bucket may be promised to whoever buys a good one."""


def counts_for_sale(bucket: Bucket) -> bool:
    """Whether the units of a bucket may be promised to whoever buys a good one."""
    return COUNTS_FOR_SALE[bucket]


@dataclass(frozen=True)
class Selling:
    """What happens beyond stock, as the merchant decided for a variant."""

    policy: SellPolicy = SellPolicy.DENY
    cap: int = 0
    """Units that may be sold beyond stock, over all channels."""
    date: datetime | None = None
    """When a preorder can be shipped."""

    @property
    def beyond(self) -> int:
        """Units that may be sold beyond stock."""
        return 0 if self.policy == SellPolicy.DENY else self.cap


@dataclass(frozen=True)
class Standing:
    """How an item stands at this moment, in units."""

    free: int
    """Sellable − reserved − allocated; below zero where more was promised than there is."""
    waiting: int = 0
    """Units of accepted orders for which there is no promise yet."""
    selling: Selling = Selling()

    @property
    def salable(self) -> int:
        """Units that may be sold now, over all channels: free ones and what is left of the cap."""
        debt = self.waiting + max(0, -self.free)
        return max(0, self.free) + max(0, self.selling.beyond - debt)


def published(salable: int, buffer: int) -> int:
    """Give the number a channel shows: what may be sold less its buffer, never below zero."""
    return max(0, salable - buffer)


def kit_salable(components: Iterable[tuple[Standing, int]]) -> int:
    """Give how many whole kits may be sold: the least over (component, units of it in a kit).

    A component that several kits and listings share is offered by all of them: the first to
    reserve it has it.
    """
    return whole_kits((standing.salable, each) for standing, each in components)


@dataclass(frozen=True)
class Supply:
    """Units that are to come, when, and how surely (percent)."""

    at: datetime
    units: int
    confidence: int = 100


def atp(standing: Standing, buffer: int, supply: Sequence[Supply], by: datetime) -> int:
    """Give what a channel can promise by an instant: available to promise.

    Free units less the waiting ones and the buffer, plus what comes by then, each supply weighted
    by its confidence. What is sold beyond stock is no promise.
    """
    weighted = sum(one.units * one.confidence for one in supply if one.at <= by)
    return max(0, standing.free - standing.waiting - buffer + weighted // 100)


def promise_date(
    ahead: int, units: int, selling: Selling, supply: Sequence[Supply], free: int = 0
) -> datetime | None:
    """Give when units that are not there can be shipped, `ahead` others being served first.

    A preorder is shipped on its date. None where what is to come does not suffice, or is not sure.
    """
    if selling.policy == SellPolicy.PREORDER and selling.date is not None:
        return selling.date
    missing = ahead + units - max(0, free)
    for one in sorted(supply, key=lambda one: one.at):
        missing -= one.units * one.confidence // 100
        if missing <= 0:
            return one.at
    return None
