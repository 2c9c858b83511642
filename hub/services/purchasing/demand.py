"""Demand by month, counted day by day from orders and the ledger; the plan reads no other past."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, String, and_, func, select

from hub.domain.reorder.months import add_up, first_day, month_of
from hub.records.order import ChannelState
from hub.services.purchasing.position import planned_places
from hub.store import tables
from hub.store.lander import land
from hub.store.ledger import PLACE, account
from hub.store.unit_of_work import Unit

_BATCH = 500
_COLUMNS = ("stock_item_id", "location_id", "month", "units", "squares", "sale_days", "out_days",
            "first_sale")  # fmt: skip
_month = tables.demand_month
_order = tables.sales_order
_line = tables.order_line
_given = tables.allocation
_moved = tables.stock_movement
_level = tables.stock_level

Sold = Counter[tuple[str, str, int]]
"""Units by stock item, location and day."""


@dataclass(frozen=True)
class Counted:
    """Demand counted anew, from a month on; what is older than the history goes."""

    oldest: int
    since: int
    rows: list[tuple[Any, ...]]


def count_demand(database: Connection, now: datetime, history_days: int) -> Counted:
    """Count this month and the one before anew, up to yesterday; the first time, all of them.

    A unit counts on the day its order was placed, where it is to ship from; one that no location
    has yet counts at the first that is replenished. What is changed of an order after the month
    that follows it no longer counts.
    """
    today = now.date().toordinal()
    oldest = month_of(today - history_days)
    counted = database.execute(select(func.max(_month.c.month))).scalar()
    since = oldest if counted is None else max(oldest, counted - 1)
    sold = _sold(database, first_day(since), today)
    empty = (one for one in _empty_days(database, first_day(since), today) if one[2] < today)
    rows = [(*key, *sums) for key, sums in sorted(add_up(sold, empty).items())]
    return Counted(oldest, since, rows)


def keep_demand(unit: Unit, counted: Counted) -> None:
    """Put what was counted in the place of what was known of those months."""
    gone = (_month.c.month >= counted.since) | (_month.c.month < counted.oldest)
    unit.execute(_month.delete().where(gone))
    land(unit, _month, _COLUMNS, counted.rows)  # or what another plan has counted meanwhile


def _sold(database: Connection, since: int, until: int) -> Sold:
    home = planned_places(database)[0].id
    day = utc_day(database.dialect.name, _order.c.placed_at)
    recent = and_(
        _order.c.placed_at >= _midnight(since),
        _order.c.placed_at < _midnight(until),
        _order.c.channel_state != ChannelState.CANCELLED.value,
    )
    here = _order.join(_line, _line.c.order_id == _order.c.id)
    sold: Sold = Counter()
    ordered = func.sum(_line.c.quantity - _line.c.cancelled)
    rows: Any = database.execute(
        select(_line.c.stock_item_id, day, ordered)
        .select_from(here)
        .where(recent, _line.c.stock_item_id.is_not(None))
        .group_by(_line.c.stock_item_id, day)
    )
    for item, on, units in rows:
        sold[item, home, _ordinal(on)] += int(units)
    placed = func.sum(_given.c.allocated - _given.c.released)
    rows = database.execute(
        select(_given.c.stock_item_id, _given.c.location_id, day, placed)
        .select_from(here.join(_given, _given.c.order_line_id == _line.c.id))
        .where(recent, _given.c.location_id != home)
        .group_by(_given.c.stock_item_id, _given.c.location_id, day)
    )
    for item, place, on, units in rows:
        sold[item, place, _ordinal(on)] += int(units)
        sold[item, home, _ordinal(on)] -= int(units)
    return sold


class _Moves(NamedTuple):
    net: int
    came: bool


def _empty_days(database: Connection, since: int, today: int) -> Iterator[tuple[str, str, int]]:
    """Give the days on which a location had no good unit of a stock item, from dawn to dusk.

    The ledger is walked back from what is there now. Items that are sold beyond their stock have
    no such days: who wants one orders it.
    """
    moves = _net_by_day(database, since)
    good = (_level.c.on_hand - _level.c.unsellable).label("good")
    variant = tables.variant
    denied = select(variant.c.stock_item_id).where(variant.c.sell_policy == "deny")
    levels: Any = database.execute(
        select(_level.c.stock_item_id, _level.c.location_id, good).where(
            _level.c.stock_item_id.in_(denied)
        )
    ).all()
    empty = {
        (item, place)
        for item, place, now in levels
        if now <= sum(net for net, _ in moves.get((item, place), {}).values())
    }
    born = _first_moved(database, {item for item, _ in empty})
    for item, place, now in levels:
        first = born.get((item, place), today) if (item, place) in empty else since
        days = moves.get((item, place), {})
        yield from ((item, place, day) for day in empty_days(now, days, max(since, first), today))


def empty_days(
    now: int, moves: Mapping[int, tuple[int, bool]], first: int, today: int
) -> Iterator[int]:
    """Give the days from `first` to `today` on which there was nothing at any time.

    `moves` gives, by day, how many units more were there at its end, and whether any came in.
    """
    at_end, last = now, today
    for day in sorted(moves, reverse=True):
        if at_end <= 0:
            yield from range(max(day + 1, first), last + 1)
        net, came = moves[day]
        at_end, last = at_end - net, day - 1
        if at_end <= 0 and not came and day >= first:
            yield day
    if at_end <= 0:
        yield from range(first, last + 1)


def _net_by_day(database: Connection, since: int) -> dict[tuple[str, str], dict[int, _Moves]]:
    """Give, per item and place, how many good units each day brought or took."""
    found: dict[tuple[str, str], dict[int, _Moves]] = defaultdict(dict)
    day = utc_day(database.dialect.name, _moved.c.at)
    recent = _moved.c.at >= _midnight(since)
    for column, sign in ((_moved.c.to_account, 1), (_moved.c.from_account, -1)):
        rows: Any = database.execute(
            select(_moved.c.stock_item_id, column, day, func.sum(_moved.c.quantity))
            .where(recent, _in_a_building(column))
            .group_by(_moved.c.stock_item_id, column, day)
        )
        for item, name, on, units in rows:
            days = found[item, name.removeprefix(PLACE)]
            before = days.get(_ordinal(on), _Moves(0, False))
            days[_ordinal(on)] = _Moves(before.net + sign * int(units), before.came or sign > 0)
    return found


def _first_moved(database: Connection, items: Collection[str]) -> dict[tuple[str, str], int]:
    """Give the day each item first came to each place: before it, nobody could have bought it."""
    found: dict[tuple[str, str], int] = {}
    wanted = sorted(items)
    for start in range(0, len(wanted), _BATCH):
        rows: Any = database.execute(
            select(_moved.c.stock_item_id, _moved.c.to_account, func.min(_moved.c.at))
            .where(_moved.c.stock_item_id.in_(wanted[start : start + _BATCH]))
            .where(_in_a_building(_moved.c.to_account))
            .group_by(_moved.c.stock_item_id, _moved.c.to_account)
        )
        for item, name, at in rows:
            found[item, name.removeprefix(PLACE)] = at.date().toordinal()
    return found


def _in_a_building(column: Any) -> ColumnElement[bool]:
    good = account("")
    return and_(column.like(f"{good}%"), column.not_like(f"{good}%/%"))


def utc_day(dialect: str, column: Any) -> ColumnElement[str]:
    """Say in SQL on which UTC date an instant lies, as YYYY-MM-DD."""
    if dialect == "sqlite":
        return func.substr(column, 1, 10, type_=String)
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD", type_=String)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _midnight(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), UTC)
