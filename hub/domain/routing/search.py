"""The exact search for the cheapest set of locations that together have enough.

Sets are looked at by rising size, and within a size by rising price; a size is not begun when even
its cheapest set could not be better. Whether a set has enough is one addition: every item has a
field of bits in one whole number, whose top bit appears once there is enough of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

UnitPoints = Callable[[Sequence[int]], int]
"""What the units cost when they come from these locations, in points."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What each location gives of what is needed, an item to a field of bits."""

    given: list[int]
    start: int
    top: int
    """There is enough of every item once `start` and what is given show all of these bits."""


@dataclass(slots=True)
class Found:
    """The best set so far, and how much was looked at."""

    numbers: tuple[int, ...] = ()
    cost: int = -1
    """In points; -1 before the first."""
    sets: int = 0
    bound: int = 0
    """No set that was not looked at costs less."""
    complete: bool = True

    def beaten_by(self, points: int) -> bool:
        """Say whether these points would be better."""
        return self.cost < 0 or points < self.cost


def pack(needs: Sequence[int], shelves: Sequence[Sequence[int]]) -> Packed:
    """Pack what each location has of each item, at most what is needed of it."""
    given = [0] * len(shelves[0])
    width = ((len(given) + 1) * max(needs)).bit_length() + 1
    half = 1 << (width - 1)
    shift = start = top = 0
    for need, shelf in zip(needs, shelves, strict=True):
        start += (half - need) << shift
        top += half << shift
        all_of_it = need << shift
        for place, have in enumerate(shelf):
            if have >= need:
                given[place] += all_of_it
            elif have > 0:
                given[place] += have << shift
        shift += width
    return Packed(given, start, top)


class Search:
    """One search among locations that are numbered by rising points of a parcel.

    Of equal sets the smaller wins, then the one found first: that of the lower numbers.
    """

    def __init__(
        self, packed: Packed, parcel: Sequence[int], least_units: int,
        units: UnitPoints | None, most: int,
    ) -> None:  # fmt: skip
        """Prepare to search.

        `least_units` is what the units cost at least; `units` is what they cost from a set, or
        None where that is the same from everywhere. Stops after about `most` sets.
        """
        self.given, self.start, self.top = packed.given, packed.start, packed.top
        self.parcel, self.least_units, self.units, self.most = parcel, least_units, units, most
        self.found = Found()

    def best(self) -> Found:
        """Look at sets of one location, of two, and so on, while a larger one could be better."""
        found = self.found
        self._ones()
        self.least = tuple(accumulate(self.parcel, initial=self.least_units))
        """What so many parcels cost at least, units included."""
        for size in range(2, len(self.parcel) + 1):
            found.bound = self.least[size]
            if not found.beaten_by(found.bound):
                return found
            if size == 2:
                self._pairs(0, self.start, self.least_units, ())
                continue
            if size == 3:
                self.rest = [*accumulate(reversed(self.given), initial=0)][::-1]
                """What all locations from a number on give together."""
            self._sets_of(size, 0, self.start, self.least_units, ())
            if not found.complete:
                return found
        found.bound = found.cost
        return found

    def _ones(self) -> None:
        found, start, top = self.found, self.start, self.top
        for number, gives in enumerate(self.given):
            points = self.parcel[number] + self.least_units
            if 0 <= found.cost <= points:
                return
            found.sets += 1
            if (start + gives) & top == top:
                self._keep((number,), points)

    def _sets_of(
        self, size: int, first: int, have: int, points: int, chosen: tuple[int, ...]
    ) -> None:
        """Add `size` locations, from number `first` on, to those chosen; keep what is better."""
        found, top = self.found, self.top
        if size == 2:
            return self._pairs(first, have, points, chosen)
        for number in range(first, len(self.parcel) - size + 1):
            if found.sets >= self.most:
                found.complete = False
                return None
            others = self.least[number + size] - self.least[number]
            hopeless = (have + self.rest[number]) & top != top
            if hopeless or not found.beaten_by(points + others):
                return None
            self._sets_of(
                size - 1, number + 1, have + self.given[number], points + self.parcel[number],
                (*chosen, number),
            )  # fmt: skip
        return None

    def _pairs(self, first: int, have: int, points: int, chosen: tuple[int, ...]) -> None:
        """Add two locations; here nearly all of the time is spent."""
        given, top, parcel, count = self.given, self.top, self.parcel, len(self.parcel)
        best, sets = self.found.cost, 0
        for one in range(first, count - 1):
            with_one = have + given[one]
            cost = points + parcel[one]
            if 0 <= best <= cost + parcel[one + 1]:
                break
            for two in range(one + 1, count):
                if 0 <= best <= cost + parcel[two]:
                    break
                sets += 1
                if (with_one + given[two]) & top == top:
                    self._keep((*chosen, one, two), cost + parcel[two])
                    best = self.found.cost
        self.found.sets += sets

    def _keep(self, numbers: tuple[int, ...], cost: int) -> None:
        if self.units:
            cost += self.units(numbers) - self.least_units
        if self.found.beaten_by(cost):
            self.found.numbers, self.found.cost = numbers, cost
