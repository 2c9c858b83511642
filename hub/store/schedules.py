"""What should run when: a due slot becomes a job and the next slot is set, in one commit."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.jobs import JobDraft, JobKind, insert_jobs
from hub.store.unit_of_work import Unit

_schedule = tables.schedule


def put_schedule(
    unit: Unit, name: str, job_kind: str, every_s: int,
    connection_id: str = "", subject: str = "", first_at: datetime | None = None,
) -> None:  # fmt: skip
    """Run a kind of job every so many seconds, first at `first_at` (now when None).

    A schedule that exists keeps its next slot and whether it is enabled.
    """
    if every_s < 1:
        raise ValueError("a schedule runs at most once a second")
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_schedule)
    rules = {"job_kind": job_kind, "subject": subject, "every_s": every_s}
    unit.execute(
        insert.values(
            name=name, connection_id=connection_id, next_at=first_at or unit.now, enabled=True,
            **rules,
        ).on_conflict_do_update(index_elements=["name", "connection_id"], set_=rules)
    )  # fmt: skip


def enable_schedule(unit: Unit, name: str, connection_id: str = "", enabled: bool = True) -> bool:
    """Switch a schedule on or off; False when there is none."""
    which = (_schedule.c.name == name, _schedule.c.connection_id == connection_id)
    return bool(unit.changed(update(_schedule).where(*which).values(enabled=enabled)))


def start_due_slots(unit: Unit, kinds: Mapping[str, JobKind]) -> list[str]:
    """Insert a job for each due slot; give the jobs' ids. Slots that were missed run once."""
    due = unit.execute(
        select(_schedule)
        .where(_schedule.c.enabled, _schedule.c.next_at <= unit.now)
        .order_by(_schedule.c.next_at)
    ).mappings()
    won = [slot for slot in due.all() if _advance(unit, slot)]
    return insert_jobs(unit, [_draft(unit, slot, kinds) for slot in won])


def _advance(unit: Unit, slot: RowMapping) -> bool:
    """Move to the first slot after now; False when another relay has done it."""
    every = timedelta(seconds=slot["every_s"])
    missed = math.floor((unit.now - slot["next_at"]) / every)
    return bool(
        unit.changed(
            update(_schedule)
            .where(
                _schedule.c.name == slot["name"],
                _schedule.c.connection_id == slot["connection_id"],
                _schedule.c.next_at == slot["next_at"],
            )
            .values(next_at=slot["next_at"] + every * (missed + 1))
        )
    )


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
