"""Edits of orders: kept as differences when the shop shows them, settled when all have answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.edits import EditState, LineChange, differences
from hub.domain.reconcile import MOVED, Change
from hub.records.events import EventKind
from hub.services.work import owe
from hub.store import tables
from hub.store.ids import new_id
from hub.store.order_lander import Landing
from hub.store.unit_of_work import Unit

_edit = tables.order_edit

SYNC = "sync"
"""Who holds an order because its shop changed it."""
ADDRESS = LineChange("", "address", 0, 1)
"""What stands among the changes when the parcel is to go elsewhere."""


def note_edits(unit: Unit, connection_code: str, landings: Sequence[Landing]) -> None:
    """Keep how known orders differ from what is about to be landed.

    What was not routed takes the change at once. What was is proposed: the work done for it must
    be taken back first.
    """
    changed = [one for one in landings if _may_differ(one)]
    known = _known_lines(unit.connection, [one.order_id for one in changed])
    for landing in changed:
        if landing.outcome.new_lines and _is_routed(unit.connection, landing.order_id):
            owe(unit, "rework_order", landing.order_id)  # work without a label takes them in
        shown = {line.external_id: (line.sku, line.quantity) for line in landing.source.order.lines}
        changes = [*differences(known.get(landing.order_id, {}), shown)]
        if any(note == MOVED for _, note in landing.outcome.holds):
            changes.append(ADDRESS)
        if changes:
            _propose(unit, landing, changes, connection_code)


def _may_differ(landing: Landing) -> bool:
    said = landing.outcome
    touched = said.new_lines or said.updates or said.holds
    return (
        said.change == Change.CHANGED and EventKind.ORDER_CHANGED in said.events and bool(touched)
    )


def _known_lines(
    database: Connection, order_ids: Sequence[str]
) -> dict[str, dict[str, tuple[str, int]]]:
    line = tables.order_line
    found: dict[str, dict[str, tuple[str, int]]] = {}
    if not order_ids:
        return found
    rows = database.execute(
        select(line).where(line.c.order_id.in_(order_ids), line.c.parent_line_id.is_(None))
    )
    for row in rows:
        units = row.quantity - row.cancelled
        found.setdefault(row.order_id, {})[row.external_id] = (row.sku, units)
    return found


def _is_routed(database: Connection, order_id: str) -> bool:
    line = tables.order_line
    query = select(line.c.id).where(line.c.order_id == order_id, line.c.allocated > 0)
    return database.execute(query.limit(1)).first() is not None


def _propose(unit: Unit, landing: Landing, changes: Iterable[LineChange], by: str) -> None:
    unit.execute(
        update(_edit)
        .where(_edit.c.order_id == landing.order_id, _edit.c.state == EditState.PROPOSED.value)
        .values(state=EditState.SUPERSEDED.value, settled_at=unit.now)
    )
    routed = bool(landing.outcome.holds)
    answers = [_answer(unit, by, "asks", "the shop shows it so")]
    if not routed:
        answers.append(_answer(unit, "hub", "confirmed", "nothing was routed of what changes"))
    unit.execute(
        _edit.insert().values(
            id=new_id(), order_id=landing.order_id, proposed_by=by, answers=answers,
            state=EditState.PROPOSED.value if routed else EditState.CONFIRMED.value,
            changes=[vars(change) for change in changes], proposed_at=unit.now,
            settled_at=None if routed else unit.now,
        )
    )  # fmt: skip


def pending_edit(database: Connection, order_id: str) -> Any | None:
    """Read the edit of an order that is not settled yet."""
    return database.execute(
        select(_edit).where(_edit.c.order_id == order_id, _edit.c.state == EditState.PROPOSED.value)
    ).one_or_none()


def answer_edit(
    unit: Unit, order_id: str, party: str, answer: str, reason: str,
    settles: EditState | None = None,
) -> bool:  # fmt: skip
    """Add what a party says to the pending edit, and settle it if that decides; False without one.

    The same answer of the same party is kept once.
    """
    edit = pending_edit(unit.connection, order_id)
    if edit is None:
        return False
    said = [(one["party"], one["answer"], one["reason"]) for one in edit.answers]
    answers = edit.answers
    if (party, answer, reason) not in said:
        answers = [*answers, _answer(unit, party, answer, reason)]
    values: dict[str, Any] = {"answers": answers}
    if settles is not None:
        values |= {"state": settles.value, "settled_at": unit.now}
    return bool(
        unit.changed(
            update(_edit)
            .where(_edit.c.id == edit.id, _edit.c.state == EditState.PROPOSED.value)
            .values(**values)
        )
    )


def decline_released(unit: Unit, order_id: str) -> bool:
    """Settle an edit whose holds a person has lifted: the order goes on as it was."""
    hold = tables.hold
    standing = select(hold.c.id).where(
        hold.c.order_id == order_id, hold.c.released_at.is_(None), hold.c.placed_by == SYNC
    )
    if unit.execute(standing.limit(1)).first() is not None:
        return False
    reason = "the order was released as it is"
    return answer_edit(unit, order_id, "operator", "declined", reason, EditState.DECLINED)


def _answer(unit: Unit, party: str, answer: str, reason: str) -> Mapping[str, str]:
    return {"party": party, "answer": answer, "reason": reason, "at": unit.now.isoformat()}
