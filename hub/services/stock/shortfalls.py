"""Shortfalls: where more units left than the books had, somebody must count."""

from collections.abc import Iterable

from sqlalchemy import select

from hub.records.ticket import ExceptionKind
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.store import tables
from hub.store.stock_names import skus_of
from hub.store.unit_of_work import Unit

_level = tables.stock_level
_wrong = tables.operational_exception
_KIND = ExceptionKind.STOCK_NEGATIVE


def watch_levels(unit: Unit, items: Iterable[str]) -> None:
    """Open an exception for each of these items that is below zero somewhere; close mended ones."""
    wanted = sorted(set(items))
    rows = unit.execute(
        select(_level, tables.location.c.code)
        .join(tables.location, tables.location.c.id == _level.c.location_id)
        .where(_level.c.stock_item_id.in_(wanted))
    ).all()
    below = [row for row in rows if row.on_hand < 0]
    skus = skus_of(unit.connection, {row.stock_item_id for row in below}) if below else {}
    for row in below:
        name = skus.get(row.stock_item_id, row.stock_item_id)
        sentence = f"{name} at {row.code} stands at {row.on_hand}: count it, hub counts start"
        open_exception(unit, _KIND, _subject(row.stock_item_id, row.location_id), sentence)
    _close_mended(unit, {_subject(row.stock_item_id, row.location_id) for row in rows} - {
        _subject(row.stock_item_id, row.location_id) for row in below
    })  # fmt: skip


def _subject(item: str, location_id: str) -> str:
    return f"{item}@{location_id}"


def _close_mended(unit: Unit, subjects: set[str]) -> None:
    mended = unit.execute(
        select(_wrong.c.subject_id).where(
            _wrong.c.kind == _KIND.value, _wrong.c.closed_at.is_(None),
            _wrong.c.subject_id.in_(subjects),
        )
    ).scalars().all()  # fmt: skip
    for subject in mended:
        close_exception(unit, _KIND, subject, "the books are above zero again")
