"""What is known of demand, in sums: one pass over the months of every item and location."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.reorder.months import first_day, month_of
from hub.services.purchasing.position import Pair, in_parts
from hub.store import tables

_month = tables.demand_month
_NOTHING = (None, None, 0, 0, 0, 0, None)


class History:
    """The demand of whole months and of the present one, until yesterday."""

    def __init__(self, database: Connection, today: int, days: int) -> None:
        first_month = month_of(today - days)
        self._today, self._since = today, first_day(first_month)
        self._sums = _sums(database, first_month)
        self._young = _young(database, self._since)

    def known(self, pair: Pair) -> bool:
        """Whether anything is known of a pair."""
        return pair in self._sums

    def of(self, pair: Pair) -> tuple[int, int, int, int, int]:
        """Give units, squares, days with sales, days observed and days without stock.

        A variant that is younger than the window is observed from its own day, or from its first
        sale where that was earlier.
        """
        _, _, units, squares, sales, out, sold_first = self._sums.get(pair, _NOTHING)
        first = self._since
        if (made := self._young.get(pair[0])) is not None:
            first = min(made, sold_first or made)
        return units, squares, sales, max(0, self._today - first - out), out


def _sums(database: Connection, first_month: int) -> dict[Pair, Any]:
    query = (
        select(_month.c.stock_item_id, _month.c.location_id, func.sum(_month.c.units),
               func.sum(_month.c.squares), func.sum(_month.c.sale_days),
               func.sum(_month.c.out_days), func.min(_month.c.first_sale))
        .where(_month.c.month >= first_month)
        .group_by(_month.c.stock_item_id, _month.c.location_id)
    )  # fmt: skip
    return {(row[0], row[1]): row for row in in_parts(database, query)}


def _young(database: Connection, since: int) -> dict[str, int]:
    """Give the day of each variant that is younger than the window, by stock item."""
    variant = tables.variant
    day = datetime.combine(date.fromordinal(since), time(), UTC)
    rows = in_parts(
        database,
        select(variant.c.stock_item_id, variant.c.created_at).where(variant.c.created_at >= day),
    )
    return {item: created.date().toordinal() for item, created in rows}
