"""The split: which locations ship how many units of each item, as cheaply as it can be done.

A plan costs a parcel for each location that ships, and points for each unit by where it comes
from. Everything here is plain whole numbers: locations by rank, items by their place in the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.domain.routing.search import Found, Packed, Search, UnitPoints, pack

EXACT = 12
"""Up to this many locations every set may be looked at: there are 4,095."""

MOST_SETS = 50_000
"""With more, the search ends after so many sets; then the best twelve are searched whole."""

Shelf = Sequence[int]
"""What each location has free of one item; below nothing counts as nothing."""

Taken = tuple[tuple[int, int], ...]
"""(location, units) of one item."""


class Prices:
    """What each location asks, in points, prepared once for many orders."""

    def __init__(self, parcel: Sequence[int], unit: Sequence[int] = ()) -> None:
        """Take the points of a parcel and of a unit, location by location in order of rank.

        Raises `ValueError` where something costs less than nothing.
        """
        self.unit = tuple(unit) or (0,) * len(parcel)
        if min((*parcel, *self.unit), default=0) < 0:
            raise ValueError("no location ships for less than nothing")
        self.places = tuple(sorted(range(len(parcel)), key=parcel.__getitem__))
        """Locations by what a parcel costs there, equal ones by rank."""
        self.parcel = tuple(parcel[place] for place in self.places)
        """What a parcel costs at each of `places`."""
        self.least_unit = min(self.unit, default=0)
        self.units_differ = any(self.unit)
        self.by_rank = self.places == tuple(range(len(self.places)))
        """Whether the cheaper parcel always comes from the higher rank."""
        self.alone = () if self.units_differ else self._alone()

    def _alone(self) -> tuple[tuple[int, Found], ...]:
        """Give the locations of which one that has everything is never dearer than any two."""
        two = sum(self.parcel[:2])
        return tuple(
            (place, Found((number,), points, number + 1, two))
            for number, (place, points) in enumerate(zip(self.places, self.parcel, strict=True))
            if points <= two
        )

    def cheapest_first(self, places: Sequence[int]) -> Sequence[int]:
        """Put locations in the order in which they give units: the cheapest unit first."""
        return sorted(places, key=self.unit.__getitem__) if self.units_differ else places


@dataclass(frozen=True, slots=True)
class Split:
    """What each location ships, what is missing, and why nothing else is cheaper."""

    taken: Sequence[Taken]
    """For each item."""
    missing: Sequence[int]
    """For each item: the units that nobody has."""
    found: Found


def split(
    needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices, *,
    whole_items: bool = False, together: bool = False,
) -> Split:  # fmt: skip
    """Serve as much as there is, at the least cost.

    `whole_items`: all units of an item come from one location. `together`: all, or nothing at all.
    """
    if whole_items:
        shelves = [
            [need if have >= need else 0 for have in shelf]
            for need, shelf in zip(needs, shelves, strict=True)
        ]
    served = [_served(need, shelf) for need, shelf in zip(needs, shelves, strict=True)]
    missing = [need - units for need, units in zip(needs, served, strict=True)]
    short = any(missing)
    if not any(served) or (together and short):
        return Split([()] * len(needs), missing, Found(cost=0))
    asked = [one for one in zip(served, shelves, strict=True) if one[0]]
    if short and (whole := alone(asked, prices)):
        place, found = whole
        return Split([((place, units),) if units else () for units in served], missing, found)
    found = cheapest(served, shelves, prices)
    places = [prices.places[number] for number in found.numbers]
    return Split(_fill(served, shelves, prices, places), missing, found)


def alone(asked: Sequence[tuple[int, Shelf]], prices: Prices) -> tuple[int, Found] | None:
    """Find the one location that the search would find, for most orders need no more.

    `asked` are units and shelf of each item. None where no location has it all, or two might be
    cheaper.
    """
    for place, found in prices.alone:
        for units, shelf in asked:
            if shelf[place] < units:
                break
        else:
            return place, found
    return None


def _served(need: int, shelf: Shelf) -> int:
    if sum(shelf) >= need and min(shelf, default=0) >= 0:
        return need
    return min(need, sum([have for have in shelf if have > 0]))


def cheapest(needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices) -> Found:
    """Find the cheapest set of locations that together have all of what is needed.

    There must be enough in all of them. The numbers found are places in `prices.places`.
    """
    packed, everyone = pack(needs, shelves), range(len(prices.places))
    found = _among(everyone, needs, shelves, prices, packed)
    if found.complete:
        return found
    best, sets = found, found.sets
    for chosen in (cover := _cover(needs, shelves, prices), _widened(cover, prices)):
        narrow = _among(chosen, needs, shelves, prices, packed)
        sets += narrow.sets
        if narrow.cost >= 0 and best.beaten_by(narrow.cost):
            numbers = tuple(chosen[number] for number in narrow.numbers)
            best = Found(numbers, narrow.cost)
    return Found(best.numbers, best.cost, sets, found.bound, complete=False)


def _among(
    numbers: Sequence[int], needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices,
    packed: Packed,
) -> Found:  # fmt: skip
    """Search the sets of some of the locations; the numbers found are places in `numbers`."""
    places, parcel, given = prices.places, prices.parcel, packed.given
    if len(numbers) < len(places):
        places = tuple(places[number] for number in numbers)
        parcel = tuple(parcel[number] for number in numbers)
    if not prices.by_rank or len(places) < len(given):
        packed = Packed([given[place] for place in places], packed.start, packed.top)
    most = MOST_SETS if len(places) > EXACT else 1 << EXACT
    units = _unit_points(needs, shelves, prices, places) if prices.units_differ else None
    return Search(packed, parcel, prices.least_unit * sum(needs), units, most).best()


def _unit_points(
    needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices, places: Sequence[int]
) -> UnitPoints:
    """Price the units of a set, given by numbers of `places`."""

    def points(chosen: Sequence[int]) -> int:
        return sum(
            units * prices.unit[place]
            for taken in _fill(needs, shelves, prices, [places[number] for number in chosen])
            for place, units in taken
        )

    return points


def _fill(
    needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices, places: Sequence[int]
) -> list[Taken]:
    """Take of each item what is needed from these locations, the cheapest units first.

    Where units cost the same everywhere, an item stays whole if one of the locations has it all.
    """
    order = prices.cheapest_first(places)
    asked = zip(needs, shelves, strict=True)
    if prices.units_differ:
        return [_take(need, shelf, order) for need, shelf in asked]
    return [_whole(need, shelf, order) or _take(need, shelf, order) for need, shelf in asked]


def _whole(need: int, shelf: Shelf, places: Sequence[int]) -> Taken | None:
    for place in places:
        if shelf[place] >= need > 0:
            return ((place, need),)
    return None


def _take(need: int, shelf: Shelf, places: Sequence[int]) -> Taken:
    taken: list[tuple[int, int]] = []
    for place in places:
        have = shelf[place]
        if have >= need:
            return (*taken, (place, need)) if need else tuple(taken)
        if have > 0:
            taken.append((place, have))
            need -= have
    return tuple(taken)


def _cover(needs: Sequence[int], shelves: Sequence[Shelf], prices: Prices) -> list[int]:
    """Choose locations that have enough, each the one that adds most; the cheapest of equals."""
    left, chosen = list(needs), list[int]()
    while any(left):
        gain = [
            sum(min(need, max(shelf[place], 0)) for need, shelf in zip(left, shelves, strict=True))
            for place in prices.places
        ]
        number = max(range(len(gain)), key=lambda one: (gain[one] * (one not in chosen), -one))
        chosen.append(number)
        place = prices.places[number]
        left = [
            need - min(need, max(shelf[place], 0))
            for need, shelf in zip(left, shelves, strict=True)
        ]
    return sorted(chosen)


def _widened(cover: Sequence[int], prices: Prices) -> list[int]:
    """Add the cheapest other locations, up to twelve."""
    others = [number for number in range(len(prices.places)) if number not in cover]
    return sorted([*cover, *others[: max(0, EXACT - len(cover))]])
