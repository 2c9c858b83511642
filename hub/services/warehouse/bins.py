"""Where on the floor an item lies."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from hub.store import tables
from hub.store.unit_of_work import Unit


@dataclass(frozen=True)
class Bin:
    """A place on the floor, and its number in the walk, if it has one."""

    code: str = ""
    walk: int | None = None


def bins_of(unit: Unit, location_id: str, items: Iterable[str]) -> dict[str, Bin]:
    """Give the bin of each item at a location; an empty code where nobody said."""
    found = dict.fromkeys(items, Bin())
    lies, bins = tables.stock_bin, tables.bin
    rows = unit.execute(
        select(lies.c.stock_item_id, lies.c.code, bins.c.walk)
        .outerjoin(bins, (bins.c.location_id == lies.c.location_id) & (bins.c.code == lies.c.code))
        .where(lies.c.location_id == location_id, lies.c.stock_item_id.in_(found))
    )
    return found | {row.stock_item_id: Bin(row.code, row.walk) for row in rows}
