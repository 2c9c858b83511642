"""Counts: what is there is entered blind; differences are booked, recounted or approved."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update

from hub.domain.counting import Entry, Tolerance, Verdict, judge
from hub.records.stock import MovementKind
from hub.records.stock_policy import StockPolicy
from hub.services.context import Hub
from hub.services.rulebooks import rules_in_force
from hub.services.stock.stockroom import units_moved
from hub.services.warehouse.doubt import in_doubt_since, settle_doubt
from hub.store import ledger, tables
from hub.store.decisions import keep_decision
from hub.store.ids import new_id
from hub.store.numbers import next_number
from hub.store.stock_names import StockRefusedError, UnknownItemError, items_of, location_of
from hub.store.unit_of_work import Unit

_count = tables.stock_count
_line = tables.stock_count_line
_level = tables.stock_level
_given = tables.allocation

BOOKED, LEFT = "booked", "left"
OPEN = ("to_count", Verdict.RECOUNT.value, Verdict.APPROVE.value)
_STATE = {Verdict.RECOUNT: Verdict.RECOUNT.value, Verdict.APPROVE: Verdict.APPROVE.value}


def start_count(hub: Hub, location: str, skus: Sequence[str], by: str) -> str:
    """Begin to count these variants at a location, or all it keeps; gives the count's number.

    Raises `UnknownItemError`, or `StockRefusedError` where one of them is being counted already.
    """
    with hub.store.unit_of_work() as unit:
        place = location_of(unit.connection, location)
        items = set(items_of(unit.connection, skus).values()) or _kept_at(unit, place)
        busy = unit.execute(
            select(_line.c.stock_item_id).where(
                _line.c.location_id == place, _line.c.stock_item_id.in_(items),
                _line.c.state.in_(OPEN),
            )
        ).first()  # fmt: skip
        if busy is not None or not items:
            why = "one of these is being counted already" if busy else f"{location} keeps nothing"
            raise StockRefusedError(f"{why}; `hub counts list` shows the open counts")
        count_id, number = new_id(), f"C-{next_number(unit, 'count')}"
        unit.execute(
            _count.insert().values(
                id=count_id, number=number, location_id=place, started_by=by, started_at=unit.now
            )
        )
        unit.execute(
            _line.insert(),
            [
                {"id": new_id(), "count_id": count_id, "stock_item_id": item,
                 "location_id": place, "entries": []}
                for item in sorted(items)
            ],
        )  # fmt: skip
    return number


def enter_count(hub: Hub, number: str, counted: Mapping[str, int], by: str) -> dict[str, str]:
    """Enter the good units on the shelf of each SKU; gives what follows for each: a `Verdict`.

    What was fetched for orders is not on its shelf, and not missed there. Differences within
    tolerance are booked at once. Raises `UnknownItemError`, or `StockConflictError` where parcels
    hold units that are said to be missing.
    """
    with hub.store.unit_of_work() as unit:
        count = _open_count(unit, number)
        items = items_of(unit.connection, counted)
        policy = rules_in_force(unit.connection, StockPolicy)
        tolerance = Tolerance(
            policy.rules.count_tolerance_units, policy.rules.count_tolerance_percent
        )
        verdicts = {}
        for sku, item in sorted(items.items(), key=lambda one: one[1]):
            line = _open_line(unit, count, sku, item)
            verdicts[sku] = _enter(unit, line, counted[sku], by, tolerance, policy.version)
        _close_if_done(unit, count.id)
    return verdicts


def approve_count(hub: Hub, number: str, sku: str, by: str) -> int:
    """Book a difference beyond tolerance that was counted twice alike; gives the units.

    Raises `StockRefusedError` where nothing of it waits for approval, or a picker missed units
    since it was counted: they may be the same.
    """
    with hub.store.unit_of_work() as unit:
        count = _open_count(unit, number)
        line = _open_line(unit, count, sku, items_of(unit.connection, [sku])[sku])
        if line.state != Verdict.APPROVE:
            raise StockRefusedError(f"{sku} of {number} is to be counted, not approved")
        _check_not_missed_since(unit, line, sku)
        variance = _entries(line.entries)[-1].variance
        _book(unit, line, variance, by)
        keep_decision(unit, line.id, "count", "approved", {"by": by, "variance": variance})
        _close_if_done(unit, count.id)
    return int(variance)


def _check_not_missed_since(unit: Unit, line: Any, sku: str) -> None:
    since = in_doubt_since(unit, line.stock_item_id, line.location_id)
    if since is not None and since > datetime.fromisoformat(line.entries[-1]["at"]):
        raise StockRefusedError(f"units of {sku} were missed since it was counted: count it again")


def leave_count(hub: Hub, number: str, by: str) -> int:
    """End a count; what is not booked stays as the books have it. Gives how many lines that is."""
    with hub.store.unit_of_work() as unit:
        count = _open_count(unit, number)
        left = unit.changed(
            update(_line)
            .where(_line.c.count_id == count.id, _line.c.state.in_(OPEN))
            .values(state=LEFT)
        )
        keep_decision(unit, count.id, "count", "left", {"by": by, "lines": left})
        _close_if_done(unit, count.id)
    return left


def _kept_at(unit: Unit, place: str) -> set[str]:
    query = select(_level.c.stock_item_id).where(_level.c.location_id == place)
    return set(unit.execute(query).scalars())


def _open_count(unit: Unit, number: str) -> Any:
    row = unit.execute(
        select(_count).where(_count.c.number == number).with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownItemError(f"there is no count {number}; `hub counts list` shows them")
    if row.closed_at is not None:
        raise StockRefusedError(f"{number} is over")
    return row


def _open_line(unit: Unit, count: Any, sku: str, item: str) -> Any:
    line = unit.execute(
        select(_line).where(
            _line.c.count_id == count.id, _line.c.stock_item_id == item, _line.c.state.in_(OPEN)
        )
    ).one_or_none()
    if line is None:
        raise StockRefusedError(f"{sku} is not to be counted in {count.number}")
    return line


def _enter(unit: Unit, line: Any, counted: int, by: str, tolerance: Tolerance, version: int) -> str:
    book = _good_units(unit, line)
    entry = {"counted": counted, "book": book, "by": by, "at": unit.now.isoformat()}
    entries = [*line.entries, entry]
    verdict = judge(_entries(entries), tolerance)
    unit.execute(
        update(_line)
        .where(_line.c.id == line.id)
        .values(entries=entries, state=_STATE.get(verdict, line.state))
    )
    document = {
        "entries": entries, "tolerance": vars(tolerance), "rules": "stock_policy",
        "version": version,
    }  # fmt: skip
    keep_decision(unit, line.id, "count", verdict.value, document)
    if verdict == Verdict.BOOK:
        _book(unit, line, counted - book, by)
    return verdict.value


def _entries(rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    return [Entry(row["counted"], row["book"]) for row in rows]


def _good_units(unit: Unit, line: Any) -> int:
    ledger.lock_promises(unit, [line.stock_item_id])  # nobody fetches or ships between two looks
    found = unit.execute(
        select(_level.c.on_hand - _level.c.unsellable).where(
            _level.c.stock_item_id == line.stock_item_id,
            _level.c.location_id == line.location_id,
        )
    ).scalar()
    return int(found or 0) - _fetched(unit, line)


def _fetched(unit: Unit, line: Any) -> int:
    """Count the units that lie on trolleys and in boxes for orders and have not left."""
    still = _given.c.allocated - _given.c.released - _given.c.shipped
    fetched = _given.c.picked - _given.c.shipped
    units = case((fetched < still, fetched), else_=still)
    return int(
        unit.execute(
            select(func.coalesce(func.sum(units), 0)).where(
                _given.c.stock_item_id == line.stock_item_id,
                _given.c.location_id == line.location_id, still > 0, fetched > 0,
            )
        ).scalar_one()
    )  # fmt: skip


def _book(unit: Unit, line: Any, variance: int, by: str) -> None:
    """Book a variance, not a number: units that left since it was counted stay gone."""
    moved = ledger.adjust(
        unit, line.stock_item_id, line.location_id, variance, f"count:{line.id}",
        f"counted by {by}", MovementKind.COUNT,
    )  # fmt: skip
    unit.execute(
        update(_line)
        .where(_line.c.id == line.id)
        .values(state=BOOKED, variance=variance, approved_by=by)
    )
    settled = settle_doubt(unit, line.stock_item_id, line.location_id, f"counted by {by}")
    if moved or settled:
        units_moved(unit, [line.stock_item_id])


def _close_if_done(unit: Unit, count_id: str) -> None:
    open_lines = select(_line.c.id).where(_line.c.count_id == count_id, _line.c.state.in_(OPEN))
    unit.changed(
        update(_count)
        .where(_count.c.id == count_id, ~open_lines.exists())
        .values(closed_at=unit.now)
    )
