"""What happened to an order, in the order it happened: facts, decisions, holds, calls, scans."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.store import tables


@dataclass(frozen=True)
class Moment:
    """One thing that happened."""

    at: datetime
    what: str
    detail: str = ""


def timeline(
    database: Connection, order_id: str, shipment_ids: Sequence[str]
) -> tuple[Moment, ...]:
    """Tell the story of an order, oldest first; it names no person."""
    moments = [
        *_facts(database, [order_id, *shipment_ids]),
        *_decisions(database, order_id),
        *_holds(database, order_id),
        *_edits(database, order_id),
        *_tags_and_notes(database, order_id),
        *_calls(database, shipment_ids),
        *_scans(database, shipment_ids),
    ]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _facts(database: Connection, subjects: Sequence[str]) -> Iterator[Moment]:
    event = tables.event
    rows = database.execute(
        select(event).where(event.c.subject_id.in_(subjects)).order_by(event.c.id)
    )
    for row in rows:
        yield Moment(row.at, row.kind.replace("_", " "))


def _decisions(database: Connection, order_id: str) -> Iterator[Moment]:
    decision = tables.decision
    rows = database.execute(
        select(decision).where(decision.c.subject_id == order_id).order_by(decision.c.id)
    )
    for row in rows:
        yield Moment(row.at, f"{row.kind}: {row.outcome}", "; ".join(reasons(row.document)))


def _edits(database: Connection, order_id: str) -> Iterator[Moment]:
    edit = tables.order_edit
    for row in database.execute(select(edit).where(edit.c.order_id == order_id)):
        yield Moment(row.proposed_at, "edit proposed", edit_told(row.changes))
        if row.settled_at is not None:
            last = row.answers[-1]
            yield Moment(row.settled_at, f"edit {row.state}", f"{last['party']}: {last['reason']}")


def edit_told(changes: Sequence[Mapping[str, Any]]) -> str:
    """Say a difference in words."""
    return ", ".join(
        f"{one['sku'] or one['line']} {one['before']} → {one['after']}"
        if one["line"]
        else "another address"
        for one in changes
    )


def _tags_and_notes(database: Connection, order_id: str) -> Iterator[Moment]:
    tag, note = tables.order_tag, tables.order_note
    for row in database.execute(select(tag).where(tag.c.order_id == order_id)):
        yield Moment(row.placed_at, f"tagged: {row.tag}", f"by {row.placed_by}")
    query = select(note.c.written_at, note.c.written_by).where(note.c.order_id == order_id)
    for row in database.execute(query):
        yield Moment(row.written_at, "note written", f"by {row.written_by}; --reveal shows it")


def reasons(document: dict) -> list[str]:
    """Give the sentences of a decision's document: its checks, or what was chosen and rejected."""
    plan = document.get("plan", {})
    return [
        *(check["reason"] for check in document.get("checks", [])),
        *document.get("reasons", []),
        *plan.get("chosen", []),
        *(f"not {_place(document, no)}: {no['reason']}" for no in plan.get("rejected", [])),
    ]


def _place(document: dict, rejection: dict) -> str:
    """Name a turned-down location by its code; the rule may have named it by its id."""
    codes = {one["location_id"]: one["code"] for one in document.get("candidates", [])}
    return str(codes.get(rejection["location"], rejection["location"]))


def _holds(database: Connection, order_id: str) -> Iterator[Moment]:
    hold = tables.hold
    for row in database.execute(select(hold).where(hold.c.order_id == order_id)):
        yield Moment(row.placed_at, f"held: {row.reason}", f"{row.note} (by {row.placed_by})")
        if row.released_at:
            yield Moment(row.released_at, f"released: {row.reason}", f"by {row.released_by}")


def _calls(database: Connection, shipment_ids: Sequence[str]) -> Iterator[Moment]:
    effect, happened = tables.effect, tables.effect_event
    rows = database.execute(
        select(effect.c.kind, happened)
        .join(happened, happened.c.effect_id == effect.c.id)
        .where(effect.c.subject_id.in_(shipment_ids))
        .order_by(happened.c.id)
    )
    for row in rows:
        yield Moment(row.at, f"{row.kind}: {row.to_state}", row.note)


def _scans(database: Connection, shipment_ids: Sequence[str]) -> Iterator[Moment]:
    scan = tables.tracking_event
    rows = database.execute(select(scan).where(scan.c.shipment_id.in_(shipment_ids)))
    for row in rows:
        yield Moment(row.occurred_at, f"scan: {row.code}", f"{row.text} {row.place}".strip())
