"""T7, T8, T9, T16 and the fence: how a running job ends, and who may end it."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from hub.records.connection import ConnectionState
from hub.store import tables
from hub.store.connections import set_state, set_writes
from hub.store.jobs import (
    ConnectionMoved,
    JobState,
    LeaseLost,
    RunningJob,
    bury,
    claim,
    reap_expired,
    retry_later,
    snooze,
    stop_connection,
)
from hub.store.unit_of_work import Store, Unit
from tests.store.conftest import SettableClock
from tests.store.job_rows import (
    WORKER,
    Crashes,
    at,
    attempts,
    connect,
    force,
    owe_one,
    row,
    start,
)

End = Callable[[Unit, RunningJob], None]
ENDS: dict[str, End] = {
    "T7": lambda unit, job: job.finish(unit),
    "T8": lambda unit, job: retry_later(unit, job, unit.now, "transient", "later"),
    "T9": lambda unit, job: snooze(unit, job, unit.now, "snoozed", "settling"),
    "T16": lambda unit, job: bury(unit, job, "rejected", "no such parcel"),
    "guard": lambda unit, job: job.guard(unit),
    "progress": lambda unit, job: job.progress(unit, {"seen": 1}),
}


def end(store: Store, job: RunningJob, how: str) -> None:
    with store.unit_of_work() as unit:
        ENDS[how](unit, job)


def test_success_keeps_outcome_and_counters_and_frees_the_lease(store: Store) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        job.finish(unit, "partial", {"seen": 3, "failed": 1})
    done = row(store, job.id)
    assert (done.state, done.outcome, done.counters) == (
        "succeeded", "partial", {"seen": 3, "failed": 1},
    )  # fmt: skip
    assert (done.finished_at, done.lease_owner, done.lease_until) == (store.clock(), None, None)
    (attempt,) = attempts(store, job.id)
    assert (attempt.transition, attempt.ended_at) == ("T7", store.clock())


def test_progress_survives_a_finish_without_counters(store: Store) -> None:
    job = start(store)
    end(store, job, "progress")
    end(store, job, "T7")
    assert row(store, job.id).counters == {"seen": 1}


def test_a_failure_waits_keeps_its_attempt_and_says_why(store: Store) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        retry_later(unit, job, at(store, 9), "transient", "the shop is down")
    failed = row(store, job.id)
    assert (failed.state, failed.attempt, failed.run_at) == ("ready", 1, at(store, 9))
    assert (failed.last_error_class, failed.last_error_text) == ("transient", "the shop is down")
    assert (failed.lease_owner, failed.dispatched_at, failed.dispatch_count) == (None, None, 0)
    assert [a.transition for a in attempts(store, job.id)] == ["T8"]


def test_a_snooze_gives_the_attempt_back(store: Store) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        snooze(unit, job, at(store, 9), "rate_limited", "slow down")
    assert (row(store, job.id).state, row(store, job.id).attempt) == ("ready", 0)
    assert row(store, job.id).run_at == at(store, 9)


def test_a_dead_job_keeps_its_reason(store: Store) -> None:
    job = start(store)
    end(store, job, "T16")
    dead = row(store, job.id)
    assert (dead.state, dead.last_error_class, dead.last_error_text, dead.finished_at) == (
        "dead", "rejected", "no such parcel", store.clock(),
    )  # fmt: skip


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.RUNNING])
@pytest.mark.parametrize("how", ENDS)
def test_what_does_not_run_cannot_be_ended(store: Store, how: str, state: JobState) -> None:
    job = start(store)
    force(store, job.id, state=state)
    before = row(store, job.id)
    with pytest.raises(LeaseLost):
        end(store, job, how)
    assert row(store, job.id) == before


@pytest.mark.parametrize("how", ENDS)
def test_a_zombie_cannot_end_a_job_that_another_worker_holds(
    store: Store, clock: SettableClock, how: str
) -> None:
    zombie = start(store, coalesce_key="k")
    clock.advance(61)
    with store.unit_of_work() as unit:
        reap_expired(unit, Crashes())
    heir = claim(store, zombie.id, "boot1:t2")
    assert heir is not None and heir.token == zombie.token + 1
    before = row(store, zombie.id)
    with pytest.raises(LeaseLost):
        end(store, zombie, how)
    assert row(store, zombie.id) == before
    end(store, heir, "T7")


def test_what_a_zombie_stored_beside_its_finish_rolls_back(store: Store) -> None:
    job = start(store)
    force(store, job.id, token=job.token + 1)
    with pytest.raises(LeaseLost), store.unit_of_work() as unit:
        unit.execute(insert(tables.hub).values(name="fact", value="stored by a zombie"))
        job.finish(unit)
    with store.reading() as connection:
        assert connection.execute(select(tables.hub)).all() == []
    assert job.lost.is_set()


@pytest.mark.parametrize("how", ["T8", "T9"])
def test_a_job_that_would_wait_beside_its_twin_hands_over_to_it(store: Store, how: str) -> None:
    job = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k", run_at=at(store, 5))
    force(store, twin, dispatched_at=store.clock(), dispatch_count=2)
    with store.unit_of_work() as unit:
        move = retry_later if how == "T8" else snooze
        move(unit, job, at(store, 20), "transient", "later")
    old, heir = row(store, job.id), row(store, twin)
    assert (old.state, old.superseded_by, old.lease_owner) == ("superseded", twin, None)
    assert (heir.state, heir.attempt) == ("ready", 1 if how == "T8" else 0)
    assert (heir.run_at, heir.dispatched_at) == (at(store, 20), None)
    assert [a.transition for a in attempts(store, job.id)] == [how]


def test_the_twin_keeps_its_own_time_when_that_is_later(store: Store) -> None:
    job = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k", run_at=at(store, 50))
    end(store, job, "T8")
    assert row(store, twin).run_at == at(store, 50)


def test_a_held_twin_inherits_and_stays_held(store: Store) -> None:
    job = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k")
    force(store, twin, state="held")
    end(store, job, "T8")
    assert (row(store, twin).state, row(store, twin).attempt) == ("held", 1)


def test_every_claim_is_one_line_in_the_history(store: Store, clock: SettableClock) -> None:
    job = start(store)
    end(store, job, "T8")
    second = claim(store, job.id, WORKER)
    assert second is not None
    end(store, second, "T7")
    history = [(a.token, a.transition, a.error_class) for a in attempts(store, job.id)]
    assert history == [(1, "T8", "transient"), (2, "T7", "")]


# --- the connection's epoch -----------------------------------------------------------------------

CHANGES: dict[str, Callable[[Unit], object]] = {
    "paused": lambda unit: set_state(unit, "shop", ConnectionState.PAUSED, "by hand"),
    "writes switched": lambda unit: set_writes(unit, "shop", True),
    "credentials refused": lambda unit: stop_connection(unit, "shop", "401"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_write_begins_on_a_connection_that_was_changed_meanwhile(
    store: Store, change: str
) -> None:
    connect(store)
    job = start(store, connection_id="shop")
    with store.unit_of_work() as unit:
        job.begin_call(unit)
    with store.unit_of_work() as unit:
        CHANGES[change](unit)
    with pytest.raises(ConnectionMoved), store.unit_of_work() as unit:
        unit.execute(insert(tables.hub).values(name="fact", value="a call is made"))
        job.begin_call(unit)
    with store.reading() as connection:
        assert connection.execute(select(tables.hub)).all() == []
    end(store, job, "guard")  # what a read brought is still fine
    end(store, job, "T7")


def test_a_job_without_a_connection_has_no_epoch_to_lose(store: Store) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        job.begin_call(unit)
    force(store, job.id, token=9)
    with pytest.raises(LeaseLost), store.unit_of_work() as unit:
        job.begin_call(unit)
