"""Lists of stock from a file: read and shown first, booked when wanted, taken back when wrong."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select, update

from hub.services.context import Hub
from hub.services.stock.stock_list import ListedStock, StockListError, read_stock_list
from hub.services.stock.stockroom import units_moved
from hub.store import ledger, tables
from hub.store.bins import bins_of, keep_in
from hub.store.ids import new_id
from hub.store.numbers import next_number
from hub.store.stock_names import StockRefusedError, UnknownItemError, default_location
from hub.store.unit_of_work import Unit

_import = tables.stock_import
_level = tables.stock_level
_moves = tables.stock_movement
PORTION = 200
"""Rows a commit."""

Row = dict[str, Any]


@dataclass(frozen=True)
class StockPlan:
    """What a list would do: rows with now, wanted and change, and those that cannot be used."""

    number: str
    state: str
    rows: tuple[Row, ...]
    seen_before: str
    """The number of an earlier plan of the very same file; empty when there is none."""

    @property
    def problems(self) -> list[Row]:
        """The rows that cannot be used."""
        return [row for row in self.rows if row["problem"]]

    @property
    def changes(self) -> list[Row]:
        """The rows that move units or a bin."""
        return [row for row in self.rows if not row["problem"] and _does_something(row)]


def plan_import(hub: Hub, text: str, keep: bool = True) -> StockPlan:
    """Read a list and say what it would do; `keep` it to be applied.

    Raises `StockRefusedError` where it is no list of stock.
    """
    try:
        listed = read_stock_list(text)
    except StockListError as error:
        raise StockRefusedError(str(error)) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    with hub.store.unit_of_work() as unit:
        rows = _planned(unit, listed)
        query = select(_import.c.number).where(_import.c.digest == digest)
        before = unit.execute(query.order_by(_import.c.id.desc())).scalars().first()
        if not keep:
            return StockPlan("", "planned", tuple(rows), before or "")
        number = f"L-{next_number(unit, 'stock_import')}"
        unit.execute(
            _import.insert().values(
                id=new_id(), number=number, digest=digest, rows=rows, created_at=unit.now
            )
        )
    return StockPlan(number, "planned", tuple(rows), before or "")


def apply_import(hub: Hub, number: str, skip_bad: bool = False) -> dict[str, int]:
    """Book a planned list; gives how many rows were booked, unchanged and skipped.

    A row whose stock moved since the plan is skipped: what was shown is booked, or nothing. Safe to
    repeat. Raises `StockRefusedError`, `UnknownItemError`.
    """
    with hub.store.unit_of_work() as unit:
        row = _named(unit, number)
        if row.state not in ("planned", "applying"):
            raise StockRefusedError(f"{number} is {row.state} already")
        bad = sum(1 for one in row.rows if one["problem"])
        if bad and not skip_bad:
            raise StockRefusedError(f"{bad} rows of {number} cannot be used; --skip-bad skips them")
        _set_state(unit, row.id, "applying")
    good = [one for one in row.rows if not one["problem"]]
    tally = {"booked": 0, "unchanged": 0, "skipped": bad}
    for start in range(0, len(good), PORTION):
        with hub.store.unit_of_work() as unit:
            _book(unit, row, good[start : start + PORTION], tally)
    with hub.store.unit_of_work() as unit:
        _set_state(unit, row.id, "applied", applied_at=unit.now)
    return tally


def undo_import(hub: Hub, number: str) -> dict[str, int]:
    """Take back what a list has booked, by movements that point at its own; safe to repeat.

    What parcels hold by now stays, and is counted as `left`. Raises `StockRefusedError`.
    """
    with hub.store.reading() as database:
        row = _named(database, number)
        if row.state not in ("applied", "applying", "undone"):
            raise StockRefusedError(f"{number} was not applied")
        prefix = f"import:{row.id}:"
        mine = _moves.c.command_id.startswith(prefix, autoescape=True)
        moves = database.execute(select(_moves).where(mine).order_by(_moves.c.stock_item_id)).all()
    tally = {"undone": 0, "left": 0}
    for move in moves:
        try:
            with hub.store.unit_of_work() as unit:
                command = f"undo:{move.id}"
                if ledger.reverse(unit, move.id, command, f"{number} was taken back"):
                    units_moved(unit, [move.stock_item_id])
                    tally["undone"] += 1
        except ledger.StockConflictError:
            tally["left"] += 1
    with hub.store.unit_of_work() as unit:
        for one in row.rows:
            if one["bin_before"] and one["bin"]:
                keep_in(unit, one["item"], one["place"], one["bin_before"])
        if not tally["left"]:
            _set_state(unit, row.id, "undone", undone_at=unit.now)
    return tally


def _planned(unit: Unit, listed: Sequence[ListedStock]) -> list[Row]:
    skus = {one.sku for one in listed}
    items = _by_name(unit, tables.variant, "sku", "stock_item_id", skus)
    codes = {one.location for one in listed if one.location}
    places = _by_name(unit, tables.location, "code", "id", codes)
    places[""] = default_location(unit.connection)
    now = _good_units(unit, set(items.values()))
    rows = [_planned_row(one, items, places, now) for one in listed]
    for place in set(places.values()):
        here = [row for row in rows if row["place"] == place and row["bin"]]
        lies = bins_of(unit.connection, place, [row["item"] for row in here])
        for row in here:
            row["bin_before"] = lies[row["item"]].code
    return rows


def _planned_row(
    one: ListedStock, items: Mapping[str, str], places: Mapping[str, str],
    now: Mapping[tuple[str, str], int],
) -> Row:  # fmt: skip
    item, place = items.get(one.sku, ""), places.get(one.location, "")
    here = now.get((item, place), 0)
    wanted = here + (one.change or 0) if one.quantity is None else one.quantity
    problem = one.problem
    if not problem and not item:
        problem = f"there is no variant {one.sku}"
    elif not problem and not place:
        problem = f"there is no location {one.location}"
    elif not problem and wanted < 0:
        problem = f"{here} units are there; {one.change} would leave less than none"
    return {
        "line": one.line, "sku": one.sku, "location": one.location, "item": item, "place": place,
        "now": here, "wanted": wanted, "delta": 0 if problem else wanted - here, "bin": one.bin,
        "bin_before": "", "problem": problem,
    }  # fmt: skip


def _by_name(unit: Unit, table: Table, name: str, value: str, names: set[str]) -> dict[str, str]:
    wanted = sorted(names)
    found: dict[str, str] = {}
    columns = (table.c[name].label("name"), table.c[value].label("value"))
    for start in range(0, len(wanted), 500):
        part = table.c[name].in_(wanted[start : start + 500])
        found.update((row.name, row.value) for row in unit.execute(select(*columns).where(part)))
    return found


def _good_units(unit: Unit, items: set[str]) -> dict[tuple[str, str], int]:
    wanted = sorted(items)
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(wanted), 500):
        query = select(_level).where(_level.c.stock_item_id.in_(wanted[start : start + 500]))
        for row in unit.execute(query):
            found[row.stock_item_id, row.location_id] = row.on_hand - row.unsellable
    return found


def _does_something(row: Row) -> bool:
    return bool(row["delta"]) or bool(row["bin"] and row["bin"] != row["bin_before"])


def _book(unit: Unit, plan: Any, rows: Sequence[Row], tally: dict[str, int]) -> None:
    now = _good_units(unit, {row["item"] for row in rows})
    moved: set[str] = set()
    for row in sorted(rows, key=lambda one: str(one["item"])):
        command = f"import:{plan.id}:{row['line']}"
        done_before = ledger.moved_before(unit, command)
        if not done_before and now.get((row["item"], row["place"]), 0) != row["now"]:
            tally["skipped"] += 1
            continue
        if row["bin"]:
            keep_in(unit, row["item"], row["place"], row["bin"])
        try:
            with unit.connection.begin_nested():
                reason = f"list {plan.number}, row {row['line']}"
                ledger.adjust(unit, row["item"], row["place"], row["delta"], command, reason)
        except ledger.StockConflictError:
            tally["skipped"] += 1
            continue
        tally["booked" if _does_something(row) else "unchanged"] += 1
        if row["delta"]:
            moved.add(row["item"])
    units_moved(unit, moved)


def _named(database: Any, number: str) -> Any:
    row = database.execute(select(_import).where(_import.c.number == number)).one_or_none()
    if row is None:
        raise UnknownItemError(f"there is no list {number}; `hub inventory imports` shows them")
    return row


def _set_state(unit: Unit, import_id: str, state: str, **values: Any) -> None:
    unit.execute(update(_import).where(_import.c.id == import_id).values(state=state, **values))
