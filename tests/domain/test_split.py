"""The split is the cheapest there is: against every set, and against greedy rules."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from hub.domain.routing import split as splitting
from hub.domain.routing.split import Prices, Split, split
from tests.benchmarks.routing_set import GREEDY, Served, parcels_of, routing_set, take

Shelves = Sequence[Sequence[int]]


def cheapest_of_all(
    needs: Sequence[int], shelves: Shelves, parcel: Sequence[int], unit: Sequence[int]
) -> int:
    """Try every set of locations, the slow and obvious way."""
    wanted = [
        min(need, sum(max(0, have) for have in shelf))
        for need, shelf in zip(needs, shelves, strict=True)
    ]
    costs = []
    for size in range(len(parcel) + 1):
        for chosen in combinations(range(len(parcel)), size):
            cost, left = sum(parcel[place] for place in chosen), wanted[:]
            for place in sorted(chosen, key=unit.__getitem__):
                for item, shelf in enumerate(shelves):
                    units = min(left[item], max(0, shelf[place]))
                    left[item] -= units
                    cost += units * unit[place]
            if not any(left):
                costs.append(cost)
    return min(costs)


def cost_of(made: Split, parcel: Sequence[int], unit: Sequence[int]) -> int:
    heaps = [heap for taken in made.taken for heap in taken]
    places = {place for place, _ in heaps}
    return sum(parcel[one] for one in places) + sum(units * unit[one] for one, units in heaps)


@pytest.mark.parametrize(
    ("seed", "prices", "units"),
    [(1, (1000,), (0,)), (2, (0, 700, 1000, 1600), (0,)), (3, (0, 50, 1000), (0, 0, 7, 400))],
)
def test_no_set_of_locations_is_cheaper_in_a_thousand_small_orders(
    seed: int, prices: tuple[int, ...], units: tuple[int, ...]
) -> None:
    chance = Random(seed)
    for _ in range(1000):
        places = range(chance.randint(1, 6))
        parcel, unit = ([chance.choice(all_) for _ in places] for all_ in (prices, units))
        needs = [chance.randint(1, 5) for _ in range(chance.randint(1, 4))]
        shelves = [[chance.randint(-1, 4) for _ in places] for _ in needs]
        made = split(needs, shelves, Prices(parcel, unit))
        assert made.found.complete
        assert made.found.cost == cost_of(made, parcel, unit)
        assert made.found.cost == cheapest_of_all(needs, shelves, parcel, unit)


def test_beyond_twelve_locations_the_search_is_still_exact_while_it_ends() -> None:
    chance = Random(4)
    for _ in range(3):
        parcel = [chance.choice([900, 1000, 1300]) for _ in range(14)]
        shelves = [[chance.choice([0, 0, 0, 1, 2]) for _ in parcel] for _ in range(4)]
        needs = [min(3, sum(shelf)) for shelf in shelves]
        made = split(needs, shelves, Prices(parcel))
        assert made.found.complete
        assert made.found.cost == cheapest_of_all(needs, shelves, parcel, [0] * 14)


def test_a_search_that_has_to_stop_says_so_and_still_serves_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = Random(5)
    parcel = [1000 + chance.randint(0, 300) for _ in range(30)]
    shelves = [[chance.choice([0, 0, 0, 1]) for _ in parcel] for _ in range(8)]
    needs = [min(3, sum(shelf)) for shelf in shelves]
    exact = split(needs, shelves, Prices(parcel))
    monkeypatch.setattr(splitting, "MOST_SETS", 200)
    made = split(needs, shelves, Prices(parcel))
    assert not made.found.complete
    assert (
        made.found.bound <= exact.found.cost <= made.found.cost == cost_of(made, parcel, [0] * 30)
    )
    assert [sum(units for _, units in taken) for taken in made.taken] == needs


def served_by(made: Split, items: Sequence[int]) -> Served:
    return [
        (item, place, units)
        for item, taken in zip(items, made.taken, strict=True)
        for place, units in taken
    ]


def units_of(served: Served) -> int:
    return sum(units for _, _, units in served)


def test_greedy_rules_never_ship_more_cheaply_on_the_published_set() -> None:
    published = routing_set(orders=1500)
    prices, shelves = Prices(published.parcel), [row[:] for row in published.shelves]
    parcels = Counter[str]()
    for order in published.orders:
        items = [item for item, _ in order]
        made = split([units for _, units in order], [shelves[item] for item in items], prices)
        ours = served_by(made, items)
        for rule in GREEDY:
            theirs = rule(order, shelves, published.parcel)
            assert units_of(ours) == units_of(theirs)
            assert made.found.cost <= sum(published.parcel[one] for one in parcels_of(theirs))
            parcels[rule.__name__] += len(parcels_of(theirs))
        parcels["cheapest"] += len(parcels_of(ours))
        take(shelves, ours)
    assert parcels["cheapest"] < parcels["most_first"] < parcels["whole_else_spill"]


def test_a_location_that_pays_for_parcels_is_refused() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        Prices([1000, -1])
