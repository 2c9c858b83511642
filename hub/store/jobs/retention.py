"""Jobs that are over and old go (T23); what they counted stays.

A dead job never goes by itself: a person replays it, or says why it needs nothing more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.jobs.states import JobState, in_state
from hub.store.unit_of_work import Unit

KEPT: Mapping[JobState, timedelta] = {
    JobState.SUCCEEDED: timedelta(days=14),
    JobState.SUPERSEDED: timedelta(days=14),
    JobState.CANCELLED: timedelta(days=180),
}
"""How long after its end; a person's decision, and a dead job that was dismissed, for longer."""

BATCH = 500
"""Jobs per unit of work: a webhook must not wait long for the writer."""

CRASH_LOOPS = "crash_loops"

_job = tables.job
_tally = tables.job_tally


def forget_old(unit: Unit, most: int = BATCH) -> int:
    """T23: remove up to `most` jobs whose time is over and add up what they counted.

    Gives how many went; call it again, in units of its own, until that is none.
    """
    rows: list[Any] = []
    for state, kept in KEPT.items():
        rows += _old(unit, state, kept, most - len(rows))
    ids = [row.id for row in rows]
    if ids:
        add_to_tally(unit, _counted(rows))
        for table in (tables.job_attempt, tables.job_act):
            unit.execute(delete(table).where(table.c.job_id.in_(ids)))
        unit.execute(delete(_job).where(_job.c.id.in_(ids), in_state(*KEPT)))
    return len(ids)


def _old(unit: Unit, state: JobState, kept: timedelta, most: int) -> Sequence[Any]:
    """The oldest of a state. `run_at` is never after the end of what ran, and it has an index."""
    before = unit.now - kept
    columns = (_job.c.id, _job.c.kind, _job.c.connection_id, _job.c.state, _job.c.counters)
    statement = (
        select(*columns)
        .where(in_state(state), _job.c.run_at < before, _job.c.finished_at < before)
        .order_by(_job.c.run_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return unit.execute(statement).all()


def _counted(rows: Iterable[Any]) -> Counter[tuple[str, str, str]]:
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        work = (row.kind, row.connection_id or "")
        counted[*work, row.state] += 1
        for name, count in row.counters.items():
            counted[*work, name] += count
    return counted


def add_to_tally(unit: Unit, counted: Mapping[tuple[str, str, str], int]) -> None:
    """Add to the totals by (kind, connection id or "", counter)."""
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_tally)
    adding = insert.on_conflict_do_update(
        index_elements=["kind", "connection_id", "counter"],
        set_={"total": _tally.c.total + insert.excluded.total},
    )
    keys = ("kind", "connection_id", "counter")
    unit.execute(
        adding,
        [
            {**dict(zip(keys, key, strict=True)), "total": total}
            for key, total in sorted(counted.items())  # in order: two at once must not deadlock
        ],
    )
