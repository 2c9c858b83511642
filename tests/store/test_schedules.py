"""A due slot becomes one job, whatever was missed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.jobs import JobKind, RunningJob, look
from hub.store.rhythm import Rhythm, RhythmError
from hub.store.schedules import (
    enable_schedule,
    put_schedule,
    run_now,
    set_rhythm,
    start_due_slots,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import at, force, row, rows

NIGHTLY = Rhythm(cron="30 2 * * *", zone="Europe/Berlin")


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


# --- cron lines -----------------------------------------------------------------------------------


def schedule_row(store: Store) -> Any:
    with store.reading() as connection:
        return connection.execute(select(tables.schedule)).one()


def test_a_cron_line_runs_at_its_hour_and_what_was_missed_runs_once(
    store: Store, clock: SettableClock
) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "nightly", "pull", NIGHTLY)
    assert start_slots(store) == [], "unlike seconds, an hour of the day is waited for"
    clock.now = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert len(start_slots(store)) == 1
    assert next_at(store) == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    clock.advance(10 * 86_400)
    assert len(start_slots(store)) == 1 and start_slots(store) == []
    assert schedule_row(store).last_at == store.clock()


@pytest.mark.parametrize(
    "night", [datetime(2027, 3, 28, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
)
def test_it_runs_once_in_the_night_of_a_change_of_clocks(
    store: Store, clock: SettableClock, night: datetime
) -> None:
    clock.now = night - timedelta(hours=3)
    with store.unit_of_work() as unit:
        put_schedule(unit, "nightly", "pull", NIGHTLY)
    ran = 0
    for _ in range(24 * 4):
        clock.advance(900)
        for job_id in start_slots(store):
            force(store, job_id, state="succeeded")
            ran += 1
    assert ran == 1


def test_a_forward_jump_of_the_clock_runs_every_schedule_once(
    store: Store, clock: SettableClock
) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "nightly", "pull", NIGHTLY)
        put_schedule(unit, "often", "pull", 60, subject="x")
    clock.advance(400 * 86_400)
    assert len(start_slots(store)) == 2 and start_slots(store) == []


def test_a_rhythm_that_a_person_chose_is_kept_when_the_hub_starts_again(store: Store) -> None:
    plan(store)
    with store.unit_of_work() as unit:
        assert set_rhythm(unit, "orders", NIGHTLY, "ada", "shop")
        assert not set_rhythm(unit, "unheard-of", NIGHTLY, "ada")
    plan(store, subject="new")
    found = schedule_row(store)
    assert (found.cron, found.zone, found.set_by) == (NIGHTLY.cron, NIGHTLY.zone, "ada")
    assert (found.every_s, found.subject) == (86_400, "new")
    assert found.next_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def test_what_the_hub_itself_planned_follows_the_hub(store: Store) -> None:
    plan(store)
    with store.unit_of_work() as unit:
        put_schedule(unit, "orders", "pull", NIGHTLY, connection_id="shop")
    assert (schedule_row(store).cron, schedule_row(store).next_at) == ("30 2 * * *", store.clock())


def test_a_schedule_runs_when_a_person_says_so_and_keeps_its_slots(store: Store) -> None:
    plan(store, first_at=at(store, 50))
    with store.unit_of_work() as unit:
        job_id = run_now(unit, "orders", KINDS, "shop")
        assert run_now(unit, "ghost", KINDS) is None
    assert job_id and row(store, job_id).state == "ready" and next_at(store) == at(store, 50)


def test_a_line_that_this_machine_cannot_read_stops_no_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "far", "pull", 60, subject="x")
        unit.execute(tables.schedule.update().values(cron="0 3 * * *", zone="Mars/Olympus"))
        put_schedule(unit, "near", "pull", 60)
    assert len(start_slots(store)) == 1
    assert "Mars/Olympus" in caplog.text and "hub schedule set" in caplog.text
    assert start_slots(store) == []


def test_a_line_that_cannot_be_read_is_refused_before_it_is_stored(store: Store) -> None:
    with pytest.raises(RhythmError, match="five fields"), store.unit_of_work() as unit:
        put_schedule(unit, "orders", "pull", Rhythm(cron="daily"))
