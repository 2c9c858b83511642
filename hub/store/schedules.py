"""What should run when: a due slot becomes a job and the next slot is set, in one commit."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.jobs import JobDraft, JobKind, insert_jobs
from hub.store.rhythm import Rhythm, RhythmError
from hub.store.unit_of_work import Unit

UNREADABLE_LATER = timedelta(hours=1)

_schedule = tables.schedule
log = logging.getLogger(__name__)


def put_schedule(
    unit: Unit,
    name: str,
    job_kind: str,
    every: int | Rhythm,
    connection_id: str = "",
    subject: str = "",
    first_at: datetime | None = None,
) -> None:
    """Run a kind of job every so many seconds (first now, or at `first_at`), or by a cron line.

    A schedule that exists keeps its next slot, whether it is enabled, and a rhythm that a person
    chose. Raises `RhythmError`.
    """
    rhythm = every if isinstance(every, Rhythm) else Rhythm(every_s=every)
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_schedule)
    start = rhythm.after(unit.now) if rhythm.cron else unit.now
    rules: dict[str, Any] = _columns(rhythm, unit.now)
    ours = {
        name: case((_schedule.c.set_by == "", insert.excluded[name]), else_=_schedule.c[name])
        for name in rules
    }
    work = {"job_kind": job_kind, "subject": subject}
    unit.execute(
        insert.values(
            name=name,
            connection_id=connection_id,
            next_at=first_at or start,
            enabled=True,
            **work,
            **rules,
        ).on_conflict_do_update(index_elements=["name", "connection_id"], set_=work | ours)
    )


def set_rhythm(unit: Unit, name: str, rhythm: Rhythm, by: str, connection_id: str = "") -> bool:
    """Let a person choose when it runs, from its next slot on; False when there is none."""
    values = _columns(rhythm, unit.now) | {"next_at": rhythm.after(unit.now), "set_by": by}
    return bool(unit.changed(update(_schedule).where(_named(name, connection_id)).values(values)))


def enable_schedule(unit: Unit, name: str, connection_id: str = "", enabled: bool = True) -> bool:
    """Switch a schedule on or off; False when there is none. What it missed meanwhile runs once."""
    which = _named(name, connection_id)
    return bool(unit.changed(update(_schedule).where(which).values(enabled=enabled, rests=False)))


def rest_schedules_of(unit: Unit, connection_id: str) -> None:
    """Switch off what a connection does by itself, as long as it is left."""
    mine = (_schedule.c.connection_id == connection_id, _schedule.c.enabled)
    unit.execute(update(_schedule).where(*mine).values(enabled=False, rests=True))


def wake_schedules_of(unit: Unit, connection_id: str) -> None:
    """Switch on again what rested; what a person had switched off stays off.

    Of a connection that an older version left nobody knows which were, so that all come back.
    """
    mine = _schedule.c.connection_id == connection_id
    back = update(_schedule).values(enabled=True, rests=False)
    if not unit.changed(back.where(mine, _schedule.c.rests)):
        unit.execute(back.where(mine))


def run_now(
    unit: Unit, name: str, kinds: Mapping[str, JobKind], connection_id: str = ""
) -> str | None:
    """Owe its job now, whatever its slots; gives the job's id, None when there is no schedule."""
    named = select(_schedule).where(_named(name, connection_id))
    slot = unit.execute(named).mappings().first()
    if slot is None:
        return None
    (job_id,) = insert_jobs(unit, [_draft(unit, slot, kinds)])
    return job_id


def start_due_slots(unit: Unit, kinds: Mapping[str, JobKind]) -> list[str]:
    """Insert a job for each due slot; give the jobs' ids. Slots that were missed run once."""
    due = unit.execute(
        select(_schedule)
        .where(_schedule.c.enabled, _schedule.c.next_at <= unit.now)
        .order_by(_schedule.c.next_at)
    ).mappings()
    won = [slot for slot in due.all() if _advance(unit, slot)]
    return insert_jobs(unit, [_draft(unit, slot, kinds) for slot in won])


def rhythm_of(slot: Any) -> Rhythm:
    """Read the rhythm of a row (by column name); raises `RhythmError` when this machine cannot."""
    return Rhythm(0 if slot["cron"] else slot["every_s"], slot["cron"], slot["zone"])


def _advance(unit: Unit, slot: RowMapping) -> bool:
    """Move to the first slot after now; False when another relay has done it."""
    values: dict[str, Any] = {"last_at": unit.now}
    try:
        values["next_at"] = rhythm_of(slot).after(unit.now, slot["next_at"])
    except RhythmError as error:  # such as a zone that this machine does not know: others go on
        log.error("schedule %s does not run: %s; hub schedule set mends it", slot["name"], error)
        values = {"next_at": unit.now + UNREADABLE_LATER}
    mine = _named(slot["name"], slot["connection_id"])
    same = _schedule.c.next_at == slot["next_at"]
    moved = unit.changed(update(_schedule).where(mine, same).values(values))
    return bool(moved) and "last_at" in values


def _named(name: str, connection_id: str) -> ColumnElement[bool]:
    return and_(_schedule.c.name == name, _schedule.c.connection_id == connection_id)


def _columns(rhythm: Rhythm, now: datetime) -> dict[str, Any]:
    return {"every_s": rhythm.longest_pause_s(now), "cron": rhythm.cron, "zone": rhythm.zone}


def _draft(unit: Unit, slot: RowMapping, kinds: Mapping[str, JobKind]) -> JobDraft:
    fields = {
        "connection_id": slot["connection_id"] or None,
        "subject": slot["subject"],
        "coalesce_key": f"sched:{slot['name']}:{slot['connection_id']}",
    }
    kind = kinds.get(slot["job_kind"])
    if kind is None:  # it dies at its first attempt, where someone sees it
        return JobDraft(kind=slot["job_kind"], queue="maintenance", **fields)
    return kind.draft(unit.now, **fields)
