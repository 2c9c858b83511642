"""How much to buy: on the pack, at least the minimum, at the price break that costs least."""

from typing import NamedTuple

_HARDLY_EVER = 1 / 3650


class Terms(NamedTuple):
    """What a supplier asks for an item, in the merchant's currency."""

    moq: int
    pack: int
    breaks: tuple[tuple[int, float], ...]
    """From so many units, each costs so much; rising in units, falling in price."""


def on_pack(units: int, terms: Terms) -> int:
    """Round up to what is sold: whole packs, and no fewer units than the minimum."""
    return -(-max(units, terms.moq) // terms.pack) * terms.pack


def price_at(quantity: int, terms: Terms) -> float:
    """Give the price of a unit when so many are bought at once."""
    price = terms.breaks[0][1]
    for units, lower in terms.breaks:
        if quantity < units:
            break
        price = lower
    return price


def best_quantity(need: int, terms: Terms, daily: float, holding_rate: float) -> int:
    """Give the quantity that serves a need at the least cost; of equals the smallest.

    Cost is what the needed units cost at that quantity's price, plus keeping the rest until it is
    sold at `daily` units a day. The first grows slower and the second faster the more is bought,
    and each break makes the more worth it the greater the need: so a smaller need never leads to a
    greater quantity (Topkis 1978). Holding is valued at the first price, as that needs it to be
    the same for all quantities.
    """
    least = on_pack(need, terms)
    if len(terms.breaks) == 1:
        return least
    candidates = [least]
    for units, _ in terms.breaks:
        if units > least:
            candidates.append(on_pack(units, terms))

    def cost(quantity: int) -> tuple[float, int]:
        rest = quantity - need
        kept = terms.breaks[0][1] * keeping(rest, daily, holding_rate)
        return need * price_at(quantity, terms) + kept, quantity

    return min(candidates, key=cost)


def keeping(units: int, daily: float, holding_rate: float) -> float:
    """Give the cost of keeping units until they are sold, as a share of one unit's price.

    What sells is gone half-way through its time on average; what sells less than once in ten
    years does not sell, and is kept a year.
    """
    years = units / (2 * daily * 365) if daily > _HARDLY_EVER else 1.0
    return holding_rate * units * years
