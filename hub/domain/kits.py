"""Kits: variants that are put together of others when they are ordered."""

from collections import Counter
from collections.abc import Iterable, Mapping

Parts = Mapping[str, Mapping[str, int]]
"""Of each kit: how many units of each component one unit of it takes."""


class KitCycleError(ValueError):
    """A kit would be inside itself."""


def flattened(kit: str, parts: Parts) -> Counter[str]:
    """Give the units of everything that is no kit itself in one unit of a kit.

    Raises `KitCycleError` where a kit is inside itself.
    """
    return _flattened(kit, parts, ())


def _flattened(kit: str, parts: Parts, above: tuple[str, ...]) -> Counter[str]:
    if kit in above:
        raise KitCycleError(" > ".join((*above, kit)))
    units: Counter[str] = Counter()
    for component, quantity in parts[kit].items():
        inner = {component: 1}
        if component in parts:
            inner = dict(_flattened(component, parts, (*above, kit)))
        for part, each in inner.items():
            units[part] += each * quantity
    return units


def whole_kits(parts: Iterable[tuple[int, int]]) -> int:
    """Give how many whole kits these (units, units per kit) make; none are made of nothing."""
    return min((max(0, units) // each for units, each in parts), default=0)


def begun_kits(parts: Iterable[tuple[int, int]]) -> int:
    """Give how many kits these (units, units per kit) are taken from, whole or not."""
    return max((-(-units // each) for units, each in parts), default=0)
