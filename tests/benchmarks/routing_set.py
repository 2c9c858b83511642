"""A published set of orders and stock, made anew from its seed: the same on every machine.

Items sell unevenly (a few often, most rarely) and stand in some of the locations, a few units each.
Orders have one to eight lines of one to three units. Stock goes down as orders are served, so later
orders find gaps. `rules` are what greedy routers do; each serves as much of an order as it finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Order = tuple[tuple[int, int], ...]
"""(item, units), each item once."""

Shelves = list[list[int]]
"""Units by item and location."""

Served = list[tuple[int, int, int]]
"""(item, location, units)."""


@dataclass(frozen=True)
class RoutingSet:
    """Orders, and the stock before the first of them."""

    orders: tuple[Order, ...]
    shelves: Shelves
    parcel: tuple[int, ...]
    """Points of a parcel from each location, in order of rank."""


def routing_set(
    orders: int, items: int = 500, locations: int = 10, lines: Sequence[int] = range(1, 9),
    presence: float = 0.35, seed: int = 20261122, even: bool = False,
) -> RoutingSet:  # fmt: skip
    """Make the set; `presence` is the share of locations that have an item, `even` equal prices."""
    chance = Random(seed)
    shelves = [
        [chance.randint(1, 12) if chance.random() < presence else 0 for _ in range(locations)]
        for _ in range(items)
    ]
    made = tuple(_order(chance, items, chance.choice(lines)) for _ in range(orders))
    parcel = tuple(1000 if even else 1000 + 20 * chance.randint(0, 20) for _ in range(locations))
    return RoutingSet(made, shelves, parcel)


def _order(chance: Random, items: int, lines: int) -> Order:
    wanted: dict[int, int] = {}
    while len(wanted) < lines:
        wanted[int(items * chance.random() ** 2)] = chance.randint(1, 3)
    return tuple(wanted.items())


def whole_else_spill(order: Order, shelves: Shelves, parcel: Sequence[int]) -> Served:
    """Take the first location that has all; else each line from the first that has some of it."""
    for place in range(len(parcel)):
        if all(shelves[item][place] >= units for item, units in order):
            return [(item, place, units) for item, units in order]
    served: Served = []
    for item, units in order:
        left = units
        for place in range(len(parcel)):
            taken = min(left, shelves[item][place])
            if taken:
                served.append((item, place, taken))
                left -= taken
    return served


def most_first(order: Order, shelves: Shelves, parcel: Sequence[int]) -> Served:
    """Again and again take the location that has most of what is left; the cheapest of equals."""
    served: Served = []
    left, others = dict(order), set(range(len(parcel)))
    while left and others:
        gains = {
            place: sum(min(units, shelves[item][place]) for item, units in left.items())
            for place in others
        }
        place = max(others, key=lambda one: (gains[one], -parcel[one], -one))
        others.remove(place)
        for item in list(left):
            if taken := min(left[item], shelves[item][place]):
                served.append((item, place, taken))
                left[item] -= taken
                if not left[item]:
                    del left[item]
    return served


GREEDY: tuple[Callable[[Order, Shelves, Sequence[int]], Served], ...] = (
    whole_else_spill, most_first,
)  # fmt: skip


def parcels_of(served: Served) -> set[int]:
    """Give the locations that ship."""
    return {place for _, place, _ in served}


def take(shelves: Shelves, served: Served) -> None:
    """Take what was served from the shelves."""
    for item, place, units in served:
        shelves[item][place] -= units
