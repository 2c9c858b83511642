"""Where on the floor an item lies, and the order in which a picker passes the bins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.store import tables
from hub.store.lander import land
from hub.store.unit_of_work import Unit

_bin = tables.bin
_lies = tables.stock_bin


@dataclass(frozen=True)
class Bin:
    """A place on the floor, and its number in the walk, if it has one."""

    code: str = ""
    walk: int | None = None


def bins_of(database: Connection, location_id: str, items: Iterable[str]) -> dict[str, Bin]:
    """Give the bin of each item at a location; an empty code where nobody said."""
    wanted = list(items)
    found = dict.fromkeys(wanted, Bin())
    for start in range(0, len(wanted), 500):
        query = (
            select(_lies.c.stock_item_id, _lies.c.code, _bin.c.walk)
            .outerjoin(
                _bin, (_bin.c.location_id == _lies.c.location_id) & (_bin.c.code == _lies.c.code)
            )
            .where(_lies.c.location_id == location_id,
                   _lies.c.stock_item_id.in_(wanted[start : start + 500]))
        )  # fmt: skip
        for row in database.execute(query):
            found[row.stock_item_id] = Bin(row.code, row.walk)
    return found


def keep_in(unit: Unit, item: str, location_id: str, code: str) -> None:
    """Say in which bin of a location an item lies; a new bin comes last in the walk."""
    known = select(_bin.c.code).where(_bin.c.location_id == location_id)
    codes = set(unit.execute(known).scalars())
    if code not in codes:
        columns = ("location_id", "code", "walk")
        land(unit, _bin, columns, [(location_id, code, len(codes) + 1)], keep=("walk",))
    columns = ("stock_item_id", "location_id", "code")
    land(unit, _lies, columns, [(item, location_id, code)])


def set_walk(unit: Unit, location_id: str, codes: Sequence[str]) -> None:
    """Say in which order the bins of a location are passed; the others come after these."""
    query = select(_bin.c.code).where(_bin.c.location_id == location_id).order_by(_bin.c.walk)
    rest = [code for code in unit.execute(query).scalars() if code not in codes]
    rows = [(location_id, code, walk) for walk, code in enumerate((*codes, *rest), start=1)]
    land(unit, _bin, ("location_id", "code", "walk"), rows)
