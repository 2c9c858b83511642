"""Demand a day, estimated from the days on which the item could be bought."""

from typing import NamedTuple

from hub.records.reorder import ReorderFacts, ReorderSettings

INTERMITTENT = 1.32
"""Mean days between sales above which demand counts as intermittent (Syntetos and Boylan 2005)."""

NEW = "new item: the days before it was known count as days without a sale"
RARE = "intermittent demand: at least one usual sale is kept beyond what is expected"


class Estimate(NamedTuple):
    """Units asked for in a day, how much that varies, and the size of a usual sale."""

    mean: float
    variance: float
    usual_sale: float
    note: str


def estimate(facts: ReorderFacts, settings: ReorderSettings) -> Estimate:
    """Estimate daily demand; growth is applied to the mean, and in proportion to its deviation.

    Days without stock are in neither the units nor the days: they are missing, not zero. A new
    item is spread over the least history, so that a lucky first day buys no year's supply.
    """
    units, squares, sales_days, observed, _, _, _ = facts
    days = max(observed, settings.least_history_days, 2)
    mean = units / days
    variance = max(0.0, (squares - units * mean) / (days - 1))
    note, usual = "", 0.0
    if observed < settings.least_history_days:
        note = NEW
    elif sales_days and observed > INTERMITTENT * sales_days:
        note, usual = RARE, units / sales_days
    if settings.growth:
        factor = 1 + settings.growth
        return Estimate(mean * factor, variance * factor * factor, usual, note)
    return Estimate(mean, variance, usual, note)
