"""How a supplier performs: learned from what was ordered, promised and received."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from hub.records.purchase import Performance


@dataclass(frozen=True)
class Delivery:
    """Good and damaged units of one line that came at one time."""

    lead_days: float
    """From sending the order to the receipt."""
    late_days: float | None
    """After the promised day; negative when early, None where nothing was promised."""
    good: int
    damaged: int


@dataclass(frozen=True)
class FinishedLine:
    """A line from which nothing more is to come."""

    ordered: int
    withdrawn: int
    """Cancelled before anything was sent: no failure of the supplier's."""
    good: int


@dataclass(frozen=True)
class Scorecard:
    """One supplier in numbers; None where there is nothing to judge by."""

    deliveries: int
    lead_mean: float | None
    lead_deviation: float | None
    on_time: float | None
    fill_rate: float | None
    damage_rate: float | None
    price_changes: int
    price_change: float | None
    """Mean relative change, 0.05 where prices rose by a twentieth each time."""


def performance(deliveries: Sequence[Delivery], finished: Sequence[FinishedLine]) -> Performance:
    """Give what planning uses: the lead time with its deviation, and the fill rate."""
    mean, deviation = _spread([one.lead_days for one in deliveries])
    return Performance(
        deliveries=len(deliveries), lead_mean=mean, lead_deviation=deviation,
        fill_rate=_fill_rate(finished),
    )  # fmt: skip


def scorecard(
    deliveries: Sequence[Delivery], finished: Sequence[FinishedLine],
    prices: Sequence[Sequence[Decimal]],
) -> Scorecard:  # fmt: skip
    """Judge a supplier; `prices` are those paid for each item, the oldest first."""
    mean, deviation = _spread([one.lead_days for one in deliveries])
    promised = [one.late_days for one in deliveries if one.late_days is not None]
    units = sum(one.good + one.damaged for one in deliveries)
    changes = [
        float(new / old - 1)
        for paid in prices
        for old, new in zip(paid, paid[1:], strict=False)
        if new != old and old
    ]
    return Scorecard(
        deliveries=len(deliveries), lead_mean=mean, lead_deviation=deviation,
        on_time=_share(sum(late <= 0 for late in promised), len(promised)),
        fill_rate=_fill_rate(finished),
        damage_rate=_share(sum(one.damaged for one in deliveries), units),
        price_changes=len(changes),
        price_change=sum(changes) / len(changes) if changes else None,
    )  # fmt: skip


def _spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Give mean and standard deviation of a sample; one value alone has no deviation."""
    if not values:
        return None, None
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1))


def _fill_rate(finished: Sequence[FinishedLine]) -> float | None:
    asked = sum(line.ordered - line.withdrawn for line in finished)
    return _share(min(sum(line.good for line in finished), asked), asked)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
