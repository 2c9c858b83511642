"""One item at one location: position against levels, who delivers at least cost, how much."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub.domain.reorder.choice import settings_for
from hub.domain.reorder.quantity import Terms, best_quantity, on_pack, price_at
from hub.domain.reorder.rules import BUILT_IN, Rule
from hub.records.reorder import ReorderFacts, ReorderLevels, ReorderPolicy, ReorderSettings


class UnknownRuleError(ValueError):
    """The policy names a reorder rule nobody brings."""


class Offer(NamedTuple):
    """What one supplier asks for the item, and how it has delivered."""

    supplier_item_id: str
    supplier: str
    currency: str
    prices: tuple[tuple[int, str], ...]
    """As the supplier prints them, in its own currency."""
    terms: Terms
    """The same for comparing."""
    rate: float | None
    """What its currency is worth in the merchant's; None where nobody says."""
    order_cost: float
    lead_days: float
    lead_deviation: float
    fill_rate: float
    primary: bool


class Need(NamedTuple):
    """One stock item at one location as it stands, and what is known of its demand."""

    variant_id: str
    stock_item_id: str
    sku: str
    location_id: str
    location: str
    position: int
    """On hand and to sell + on order + accepted proposals − promised − backordered."""
    units: int
    squares: int
    sales_days: int
    observed_days: int
    out_days: int


class Answer(NamedTuple):
    """What is to be bought, with everything that led to it."""

    need: Need
    offer: Offer
    levels: ReorderLevels
    rule: str
    choice: str
    """Which choice of the policy gave the settings."""
    missing: int
    """Units from the position up to the upper level."""
    quantity: int
    unit_price: str
    candidates: tuple[tuple[str, str], ...]
    """Suppliers with what a year there would cost, or why they were not compared."""


class Planner:
    """A policy with its rules, ready to be asked many times; raises `UnknownRuleError`."""

    def __init__(self, policy: ReorderPolicy, rules: Mapping[str, Rule] = BUILT_IN) -> None:
        self.policy = policy
        self.rules = rules
        for settings in (policy.defaults, *(choice.settings for choice in policy.choices)):
            if settings.rule not in rules:
                known = ", ".join(sorted(rules))
                raise UnknownRuleError(f"there is no reorder rule {settings.rule}; use {known}")

    def settings(self, sku: str, supplier: str, location: str) -> tuple[str, ReorderSettings]:
        """Give the name of the choice that holds for an item, and its settings."""
        if not self.policy.choices:
            return "defaults", self.policy.defaults
        return settings_for(self.policy, sku, supplier, location)

    def answer(self, need: Need, offers: Sequence[Offer]) -> Answer | None:
        """Say what to buy; None where nothing is missing or nobody sells it."""
        if not offers:
            return None
        offer, candidates = (offers[0], ()) if len(offers) == 1 else self._choose(need, offers)
        choice, settings, levels = self._levels(need, offer)
        missing = levels.order_up_to - need.position
        if need.position > levels.reorder_point or missing <= 0:
            return None
        daily = need.units / max(need.observed_days, 1)
        quantity = best_quantity(missing, offer.terms, daily, self.policy.holding_rate)
        return Answer(
            need, offer, levels, settings.rule, choice, missing, quantity,
            _printed_price(quantity, offer), candidates,
        )  # fmt: skip

    def enough(self, need: Need, supplier: str, lead_days: float, lead_deviation: float) -> bool:
        """Say at once, from one supplier's lead time alone, that nothing is to be bought there."""
        settings = self.settings(need.sku, supplier, need.location)[1]
        facts = ReorderFacts(
            need.units, need.squares, need.sales_days, need.observed_days, need.out_days,
            lead_days, lead_deviation,
        )  # fmt: skip
        return need.position > self.rules[settings.rule](facts, settings).reorder_point

    def _levels(self, need: Need, offer: Offer) -> tuple[str, ReorderSettings, ReorderLevels]:
        choice, settings = self.settings(need.sku, offer.supplier, need.location)
        facts = ReorderFacts(
            need.units, need.squares, need.sales_days, need.observed_days, need.out_days,
            offer.lead_days, offer.lead_deviation,
        )  # fmt: skip
        return choice, settings, self.rules[settings.rule](facts, settings)

    def _choose(
        self, need: Need, offers: Sequence[Offer]
    ) -> tuple[Offer, tuple[tuple[str, str], ...]]:
        """Pick who delivers, by a usual year and not by today's stock.

        Or more stock could lead to another supplier, with a greater minimum.
        """
        primary = next((offer for offer in offers if offer.primary), None)
        if primary:
            others = tuple((one.supplier, "another is primary") for one in offers if one != primary)
            return primary, ((primary.supplier, "primary"), *others)
        costs = {
            one: self.yearly_cost(need, one) * one.rate for one in offers if one.rate is not None
        }
        if not costs:
            first = min(offers, key=lambda offer: offer.supplier)
            return first, tuple((one.supplier, f"no rate for {one.currency}") for one in offers)
        best = min(costs, key=lambda offer: (costs[offer], offer.supplier))
        return best, tuple(
            (one.supplier, f"{costs[one]:.2f}" if one in costs else f"no rate for {one.currency}")
            for one in offers
        )

    def yearly_cost(self, need: Need, offer: Offer) -> float:
        """Give what a year with one supplier costs in its currency.

        Goods, orders, keeping, and the units that it will not deliver.
        """
        levels = self._levels(need, offer)[2]
        usual = on_pack(max(1, levels.order_up_to - levels.reorder_point), offer.terms)
        daily = need.units / max(need.observed_days, 1)
        year = daily * 365 or usual
        price = price_at(usual, offer.terms)
        kept = max(0.0, levels.reorder_point - daily * offer.lead_days) + usual / 2
        return (
            year * price
            + offer.order_cost * year / usual
            + self.policy.holding_rate * price * kept
            + self.policy.shortage_share * (1 - offer.fill_rate) * year * price
        )


def _printed_price(quantity: int, offer: Offer) -> str:
    """Give the price of a unit as the supplier prints it."""
    price = offer.prices[0][1]
    for units, lower in offer.prices:
        if quantity < units:
            break
        price = lower
    return price
