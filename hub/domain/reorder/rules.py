"""The built-in reorder rules: from demand and lead time to two levels."""

from collections.abc import Callable, Mapping
from functools import cache
from math import ceil, sqrt
from statistics import NormalDist

from hub.domain.reorder.demand import estimate
from hub.records.reorder import ReorderFacts, ReorderLevels, ReorderSettings

RULE_VERSION = "levels/1"

Rule = Callable[[ReorderFacts, ReorderSettings], ReorderLevels]

_MIN_MAX = "at or below the minimum, up to the maximum"
_COVER = "point = mean × (lead + review + safety); up to point + mean × cover"
_SERVICE = (
    "point = mean × (lead + review) + z × √((lead + review) × variance + mean² × lead variance); "
    "up to point + mean × cycle"
)
NOTHING = -1
"""A reorder point below zero: only what is owed to customers is bought."""


def min_max(facts: ReorderFacts, settings: ReorderSettings) -> ReorderLevels:
    """Keep between two numbers that a person has set; without them, buy what is owed."""
    if settings.maximum == 0:
        return ReorderLevels(NOTHING, 0, _MIN_MAX, (), "no maximum is set")
    numbers = (("minimum", settings.minimum), ("maximum", settings.maximum))
    return ReorderLevels(settings.minimum, settings.maximum, _MIN_MAX, numbers)


def days_of_cover(facts: ReorderFacts, settings: ReorderSettings) -> ReorderLevels:
    """Keep enough for lead time, review and safety days; an order lasts the cover days."""
    demand = estimate(facts, settings)
    if not demand.mean:
        return ReorderLevels(NOTHING, 0, _COVER, (), demand.note or "nothing was sold")
    wait = facts.lead_days + settings.review_days + settings.safety_days
    point = ceil(demand.mean * wait + demand.usual_sale)
    numbers = (
        ("mean", demand.mean), ("lead", facts.lead_days), ("review", settings.review_days),
        ("safety", settings.safety_days), ("cover", settings.cover_days),
    )  # fmt: skip
    up_to = point + max(1, ceil(demand.mean * settings.cover_days))
    return ReorderLevels(point, up_to, _COVER, numbers, demand.note)


def service_level(facts: ReorderFacts, settings: ReorderSettings) -> ReorderLevels:
    """Keep as much as demand during lead time and review exceeds only so seldom.

    The demand of the wait is taken as normal, with the variance of a random number of random days
    (Hadley and Whitin 1963, §3-11): wait × variance of a day + mean² × variance of the lead time.
    """
    demand = estimate(facts, settings)
    mean = demand.mean
    if not mean:
        return ReorderLevels(NOTHING, 0, _SERVICE, (), demand.note or "nothing was sold")
    wait = facts.lead_days + settings.review_days
    deviation = sqrt(wait * demand.variance + (mean * facts.lead_deviation) ** 2)
    z = _quantile(settings.service_level)
    point = ceil(mean * wait + max(z * deviation, demand.usual_sale))
    numbers = (
        ("mean", mean), ("variance", demand.variance), ("lead", facts.lead_days),
        ("lead variance", facts.lead_deviation**2), ("review", settings.review_days),
        ("z", z), ("safety stock", z * deviation), ("cycle", settings.cycle_days),
    )  # fmt: skip
    up_to = point + max(1, ceil(mean * settings.cycle_days))
    return ReorderLevels(point, up_to, _SERVICE, numbers, demand.note)


@cache
def _quantile(probability: float) -> float:
    return NormalDist().inv_cdf(probability)


BUILT_IN: Mapping[str, Rule] = {
    "min_max": min_max, "days_of_cover": days_of_cover, "service_level": service_level,
}  # fmt: skip
"""Rules by the name that a policy gives; plugins add names."""
