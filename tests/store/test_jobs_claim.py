"""T4 and T5: one worker gets a job, when its connection and its order allow it."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.store.jobs import LEASE, JobState, claim, dispatch_due, retry_later, snooze
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import WORKER, at, attempts, connect, force, owe_one, row, rows, start


def test_a_claim_takes_a_lease_a_token_and_an_attempt(store: Store) -> None:
    connect(store, epoch=4)
    job = start(store, connection_id="shop", payload={"order": "1"}, event_id="e1")
    assert (job.token, job.attempt, job.epoch, job.payload) == (1, 1, 4, {"order": "1"})
    taken = row(store, job.id)
    assert (taken.state, taken.token, taken.attempt) == ("running", 1, 1)
    assert (taken.lease_owner, taken.lease_until) == (WORKER, store.clock() + LEASE)


def test_eight_workers_that_hear_of_one_job_run_it_once(store: Store) -> None:
    job_id = owe_one(store)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: claim(store, job_id, f"boot1:{n}"), range(8)))
    assert sum(job is not None for job in claims) == 1
    assert len(attempts(store, job_id)) == 1


def test_a_job_is_not_claimed_before_its_time(store: Store, clock: SettableClock) -> None:
    job_id = owe_one(store, run_at=at(store, 5))
    assert claim(store, job_id, WORKER) is None
    clock.advance(5)
    assert claim(store, job_id, WORKER) is not None


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.READY])
def test_only_a_ready_job_can_be_claimed(store: Store, state: JobState) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state)
    before = row(store, job_id)
    assert claim(store, job_id, WORKER) is None
    assert row(store, job_id) == before


def test_a_job_that_never_was_is_not_claimed(store: Store) -> None:
    assert claim(store, "no-such-job", WORKER) is None


@pytest.mark.parametrize("state", ["paused", "needs_auth", "disabled"])
def test_a_job_of_an_inactive_connection_is_held_instead(store: Store, state: str) -> None:
    connect(store, state=state)
    job_id = owe_one(store, connection_id="shop")
    assert claim(store, job_id, WORKER) is None
    assert (row(store, job_id).state, row(store, job_id).hold_reason) == ("held", state)


def test_a_job_of_a_connection_that_is_gone_is_held_with_that_reason(store: Store) -> None:
    job_id = owe_one(store, connection_id="nobody")
    assert claim(store, job_id, WORKER) is None
    assert row(store, job_id).hold_reason == "the connection is gone"


def test_a_connection_runs_no_more_jobs_at_once_than_it_may(store: Store) -> None:
    connect(store, concurrency=2)
    ids = [owe_one(store, connection_id="shop") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job_id: claim(store, job_id, WORKER), ids))
    assert sum(job.state == "running" for job in rows(store)) == 2


def test_a_job_without_room_comes_back_soon_and_has_used_no_attempt(store: Store) -> None:
    connect(store, concurrency=1)
    start(store, connection_id="shop")
    job_id = owe_one(store, connection_id="shop")
    force(store, job_id, dispatched_at=store.clock(), dispatch_count=3)
    assert claim(store, job_id, WORKER, random.Random(1).random) is None
    job = row(store, job_id)
    assert (job.state, job.attempt, job.dispatched_at) == ("ready", 0, None)
    assert (job.dispatch_count, attempts(store, job_id)) == (0, [])
    assert at(store, 0) < job.run_at <= at(store, 0.1)


def test_eight_workers_claim_a_serial_key_once(store: Store) -> None:
    ids = [owe_one(store, serial_key="order-1") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda job_id: claim(store, job_id, WORKER), reversed(ids)))
    assert [job.id for job in claims if job] == [ids[0]]


def test_jobs_of_one_serial_key_run_in_the_order_of_their_insertion(
    store: Store, clock: SettableClock
) -> None:
    ids = [owe_one(store, serial_key="order-1", priority=100 - n) for n in range(4)]
    ran = []
    for _ in range(4):
        clock.advance(1)
        claims = [claim(store, job_id, WORKER) for job_id in reversed(ids)]
        (job,) = [job for job in claims if job]
        ran.append(job.id)
        with store.unit_of_work() as unit:
            job.finish(unit)
    assert ran == ids


@pytest.mark.parametrize("state", ["ready", "held", "waiting"])
def test_a_later_job_waits_for_an_older_open_one(store: Store, state: str) -> None:
    older = owe_one(store, serial_key="order-1", run_at=at(store, 50))
    force(store, older, state=state)
    later = owe_one(store, serial_key="order-1")
    assert claim(store, later, WORKER) is None
    free = 0 if state == "waiting" else 50  # what waits may be woken at any moment
    assert at(store, free) <= row(store, later).run_at <= at(store, free + 0.1)


@pytest.mark.parametrize("put_off", [retry_later, snooze], ids=["failed", "told to come back"])
def test_an_older_job_that_waits_to_be_tried_again_holds_nobody_up(
    store: Store, clock: SettableClock, put_off: Callable[..., None]
) -> None:
    older = start(store, serial_key="pull:NYC")
    with store.unit_of_work() as unit:
        put_off(unit, older, at(store, 600), "transient", "the shop is ill")
    later = owe_one(store, serial_key="pull:NYC")
    with store.unit_of_work() as unit:
        assert dispatch_due(unit) == [later]
    taken = claim(store, later, WORKER)
    assert taken is not None
    clock.advance(601)
    assert claim(store, older.id, WORKER) is None, "two of one key never run together"
    with store.unit_of_work() as unit:
        taken.finish(unit)
    clock.advance(1)
    assert claim(store, older.id, WORKER) is not None


def test_nobody_is_told_again_and_again_of_a_job_behind_a_dead_one(store: Store) -> None:
    dead = owe_one(store, serial_key="effect:1", queue="money")
    force(store, dead, state="dead")
    owe_one(store, serial_key="effect:1", queue="money")
    with store.unit_of_work() as unit:
        assert dispatch_due(unit) == []


def test_a_dead_job_blocks_its_successors_where_money_is_and_nowhere_else(store: Store) -> None:
    for queue, blocked in (("orders", False), ("money", True)):
        dead = owe_one(store, serial_key=queue, queue=queue)
        force(store, dead, state="dead")
        later = owe_one(store, serial_key=queue, queue=queue)
        assert (claim(store, later, WORKER) is None) is blocked


def test_a_pending_twin_waits_for_the_running_one(store: Store) -> None:
    job = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k")
    assert claim(store, twin, WORKER) is None
    with store.unit_of_work() as unit:
        job.finish(unit)
    assert row(store, twin).run_at <= at(store, 0.1)
