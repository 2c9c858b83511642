"""T10 and T11: a job that waits for something outside, and what wakes it."""

import pytest

from hub.store.jobs import (
    LeaseLost,
    claim,
    dispatch_due,
    hold_connection_jobs,
    look,
    park,
    resume_connection_jobs,
    wake,
    wake_due,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import (
    WORKER,
    RecordingBell,
    at,
    attempts,
    connect,
    force,
    owe_one,
    row,
    start,
)


def parked(store: Store, wake_on: str = "approval:7", **fields: object) -> str:
    job = start(store, **fields)  # type: ignore[arg-type]
    with store.unit_of_work() as unit:
        park(unit, job, wake_on, at(store, 3600), "a person must agree")
    return job.id


def wake_all(store: Store, wake_on: str = "approval:7") -> list[str]:
    with store.unit_of_work() as unit:
        return wake(unit, wake_on)


def test_a_parked_job_says_what_it_waits_for_and_its_attempt_is_given_back(store: Store) -> None:
    job_id = parked(store)
    found = row(store, job_id)
    assert (found.state, found.wake_on, found.attempt) == ("waiting", "approval:7", 0)
    assert (found.run_at, found.lease_owner) == (at(store, 3600), None)
    assert found.last_error_text == "a person must agree"
    assert [one.transition for one in attempts(store, job_id)] == ["T10"]


def test_the_event_wakes_exactly_those_that_wait_for_it(store: Store) -> None:
    mine, other = parked(store), parked(store, "approval:8")
    assert wake_all(store) == [mine] and wake_all(store) == []
    woken = row(store, mine)
    assert (woken.state, woken.run_at, woken.wake_on) == ("ready", store.clock(), None)
    assert row(store, other).state == "waiting"


def test_a_wake_rings_the_bell_after_the_commit(store: Store) -> None:
    job_id, bell = parked(store), RecordingBell()
    store.bell = bell
    assert wake_all(store) == [job_id]
    assert bell.rung == [job_id] and row(store, job_id).dispatched_at == store.clock()


def test_a_wake_that_rolled_back_woke_nobody(store: Store) -> None:
    job_id = parked(store)
    with pytest.raises(ZeroDivisionError), store.unit_of_work() as unit:
        wake(unit, "approval:7")
        raise ZeroDivisionError
    assert row(store, job_id).state == "waiting"


def test_at_its_fallback_time_the_relay_lets_it_look_for_itself(
    store: Store, clock: SettableClock
) -> None:
    job_id = parked(store)
    with store.reading() as connection:
        assert not look(connection, store.clock()).anything
        assert look(connection, store.clock()).next_at == at(store, 3600)
    clock.advance(3600)
    with store.reading() as connection:
        assert look(connection, store.clock()).woken
    with store.unit_of_work() as unit:
        assert wake_due(unit) == [job_id] and wake_due(unit) == []
        assert dispatch_due(unit) == [job_id]
    again = claim(store, job_id, WORKER)
    assert again is not None and row(store, job_id).wake_on is None


def test_what_was_woken_while_its_connection_was_paused_runs_after_it_is_resumed(
    store: Store,
) -> None:
    connect(store)
    job_id = parked(store, connection_id="shop")
    with store.unit_of_work() as unit:
        hold_connection_jobs(unit, "shop", "paused")
    assert row(store, job_id).state == "held"
    wake_all(store)
    assert (row(store, job_id).state, row(store, job_id).run_at) == ("held", store.clock())
    with store.unit_of_work() as unit:
        resume_connection_jobs(unit, "shop")
    assert (row(store, job_id).state, row(store, job_id).run_at) == ("ready", store.clock())


def test_what_was_resumed_before_its_event_is_still_woken_by_it(store: Store) -> None:
    connect(store)
    job_id = parked(store, connection_id="shop")
    with store.unit_of_work() as unit:
        hold_connection_jobs(unit, "shop", "paused")
        resume_connection_jobs(unit, "shop")
    assert row(store, job_id).run_at == at(store, 3600)
    assert wake_all(store) == [job_id] and row(store, job_id).run_at == store.clock()


def test_a_job_that_would_wait_beside_its_twin_leaves_it_to_the_twin_at_its_own_time(
    store: Store,
) -> None:
    job = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k", run_at=at(store, 5))
    with store.unit_of_work() as unit:
        park(unit, job, "approval:7", at(store, 3600), "a person must agree")
    assert (row(store, job.id).state, row(store, job.id).superseded_by) == ("superseded", twin)
    heir = row(store, twin)
    assert (heir.state, heir.run_at, heir.wake_on) == ("ready", at(store, 5), None)


def test_a_zombie_cannot_park_a_job(store: Store) -> None:
    job = start(store)
    force(store, job.id, token=job.token + 1)
    with pytest.raises(LeaseLost), store.unit_of_work() as unit:
        park(unit, job, "x", at(store, 1), "no")


def test_a_change_joins_a_waiting_job_and_brings_it_forward(store: Store) -> None:
    job_id = parked(store, coalesce_key="k")
    assert owe_one(store, coalesce_key="k") == job_id
    assert (row(store, job_id).state, row(store, job_id).run_at) == ("waiting", store.clock())
    with store.unit_of_work() as unit:
        assert wake_due(unit) == [job_id]
