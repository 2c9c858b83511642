"""A due slot becomes one job, whatever was missed."""

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.jobs import JobKind, RunningJob, look
from hub.store.schedules import enable_schedule, put_schedule, start_due_slots
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import at, force, row, rows


def nothing(job: RunningJob) -> None:
    """Handle a job by doing nothing."""


KINDS = {"pull": JobKind(name="pull", queue="intake", handler=nothing, priority=40)}


def plan(store: Store, **fields: object) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "orders", "pull", 300, connection_id="shop", **fields)  # type: ignore[arg-type]


def start_slots(store: Store) -> list[str]:
    with store.unit_of_work() as unit:
        return start_due_slots(unit, KINDS)


def next_at(store: Store) -> object:
    with store.reading() as connection:
        return connection.execute(select(tables.schedule.c.next_at)).scalar_one()


def test_a_due_slot_becomes_a_job_and_moves_on_in_one_commit(store: Store) -> None:
    plan(store, subject="all")
    (job_id,) = start_slots(store)
    job = row(store, job_id)
    assert (job.kind, job.queue, job.priority, job.subject) == ("pull", "intake", 40, "all")
    assert (job.connection_id, job.coalesce_key) == ("shop", "sched:orders:shop")
    assert next_at(store) == at(store, 300)
    assert start_slots(store) == []


def test_missed_slots_run_once_and_the_rhythm_is_kept(store: Store, clock: SettableClock) -> None:
    plan(store)
    clock.advance(3 * 300 + 10)
    assert len(start_slots(store)) == 1
    assert next_at(store) == at(store, 290)


def test_a_slot_that_falls_due_while_its_job_still_waits_adds_none(
    store: Store, clock: SettableClock
) -> None:
    plan(store)
    first = start_slots(store)
    clock.advance(300)
    assert start_slots(store) == first and len(rows(store)) == 1
    force(store, first[0], state="running")
    clock.advance(300)
    assert start_slots(store) != first and len(rows(store)) == 2


def test_a_schedule_that_is_put_again_keeps_its_next_slot(store: Store) -> None:
    plan(store, first_at=at(store, 50))
    plan(store, subject="changed")
    assert next_at(store) == at(store, 50)
    with store.reading() as connection:
        assert look(connection, store.clock()).next_at == at(store, 50)


def test_a_disabled_schedule_starts_nothing(store: Store) -> None:
    plan(store)
    with store.unit_of_work() as unit:
        assert enable_schedule(unit, "orders", "shop", enabled=False)
        assert not enable_schedule(unit, "unheard-of")
    assert start_slots(store) == []
    with store.reading() as connection:
        assert not look(connection, store.clock()).slots


def test_a_rhythm_below_a_second_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="once a second"), store.unit_of_work() as unit:
        put_schedule(unit, "orders", "pull", 0)


def test_a_slot_of_a_kind_that_nobody_handles_is_owed_visibly(store: Store) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "ghost", "ghost", 60)
    (job_id,) = start_slots(store)
    assert (row(store, job_id).kind, row(store, job_id).state) == ("ghost", "ready")
