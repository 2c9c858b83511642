"""T23: what is over and old goes, what it counted stays, what needs a person never goes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hub.store import tables
from hub.store.jobs import JobState, cancel, claim, dismiss, forget_old
from hub.store.jobs.retention import KEPT
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import WORKER, connect, force, owe_one, rows, start

FOR_EVER = [state for state in JobState if state not in KEPT]


def forget(store: Store, most: int = 500) -> int:
    with store.unit_of_work() as unit:
        return forget_old(unit, most)


def tally(store: Store) -> dict[tuple[str, str, str], int]:
    with store.reading() as connection:
        found = connection.execute(select(tables.job_tally))
        return {(row.kind, row.connection_id, row.counter): row.total for row in found}


def done(store: Store, **counters: int) -> None:
    job = start(store, connection_id="shop")
    with store.unit_of_work() as unit:
        job.finish(unit, "ok", counters)


def test_a_job_that_succeeded_goes_after_two_weeks_and_its_counters_stay(
    store: Store, clock: SettableClock
) -> None:
    connect(store)
    done(store, seen=3, created=1)
    done(store, seen=4)
    clock.advance(14 * 86_400)
    assert forget(store) == 0
    clock.advance(1)
    done(store, seen=100)
    assert forget(store) == 2 and forget(store) == 0
    assert len(rows(store)) == 1
    counts = {counter: total for (_, _, counter), total in tally(store).items()}
    assert counts == {"succeeded": 2, "seen": 7, "created": 1}
    clock.advance(14 * 86_400 + 1)
    assert forget(store) == 1
    assert tally(store)["route", "shop", "seen"] == 107
    with store.reading() as connection:
        left = connection.execute(select(func.count()).select_from(tables.job_attempt)).scalar()
    assert left == 0


@pytest.mark.parametrize("state", FOR_EVER)
def test_what_is_open_or_needs_a_person_stays_for_ever(
    store: Store, clock: SettableClock, state: JobState
) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state, finished_at=store.clock())
    clock.advance(10 * 365 * 86_400)
    assert forget(store) == 0 and len(rows(store)) == 1


def test_a_dead_job_goes_half_a_year_after_somebody_dismissed_it(
    store: Store, clock: SettableClock
) -> None:
    job_id = owe_one(store)
    force(store, job_id, state="dead", finished_at=store.clock())
    clock.advance(200 * 86_400)
    with store.unit_of_work() as unit:
        dismiss(unit, job_id, "ada", "the parcel came back")
    clock.advance(180 * 86_400)
    assert forget(store) == 0
    clock.advance(1)
    assert forget(store) == 1
    with store.reading() as connection:
        assert connection.execute(select(tables.job_act)).all() == []


def test_a_cancelled_job_that_was_due_in_the_future_goes_in_its_time(
    store: Store, clock: SettableClock
) -> None:
    job_id = owe_one(store, run_at=store.clock() + timedelta(days=1))
    with store.unit_of_work() as unit:
        cancel(unit, job_id, "ada", "not wanted")
    clock.advance(181 * 86_400 + 1)
    assert forget(store) == 1


def test_old_jobs_go_in_small_parts(store: Store, clock: SettableClock) -> None:
    for _ in range(5):
        done_alone = start(store)
        with store.unit_of_work() as unit:
            done_alone.finish(unit)
    clock.advance(15 * 86_400)
    assert [forget(store, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert tally(store) == {("route", "", "succeeded"): 5}


def test_a_job_that_has_gone_is_not_claimed(store: Store, clock: SettableClock) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        job.finish(unit)
    clock.advance(15 * 86_400)
    forget(store)
    assert claim(store, job.id, WORKER) is None
