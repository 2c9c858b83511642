"""Portions: as many listings as a connector can see to before its job must show that it lives."""

from collections.abc import Iterator, Sequence

from hub.records.catalogue import StockTarget

MOST = 100
"""Listings; WooCommerce takes 100 in one call."""

FAMILIES = 8
"""Products whose variations are reached through them: each may cost a call of several seconds."""


def portions(targets: Sequence[StockTarget]) -> Iterator[list[StockTarget]]:
    """Cut targets into portions, the variations of a product together."""
    part: list[StockTarget] = []
    families: set[str | None] = set()
    for target in sorted(targets, key=lambda one: one.parent_external_id or ""):
        family = target.parent_external_id
        if len(part) == MOST or (family not in families and len(families) == FAMILIES):
            yield part
            part, families = [], set()
        part.append(target)
        families.add(family)
    if part:
        yield part
