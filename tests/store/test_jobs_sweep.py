"""T6, T12, T13, T14 and T21: leases, crashes, held connections and replays."""

from datetime import timedelta

import pytest

from hub.store.jobs import (
    LEASE,
    JobState,
    ReplayRefusedError,
    auth_failed_before,
    bury,
    claim,
    extend_leases,
    hold_connection_jobs,
    reap_expired,
    recover_boot,
    replay,
    resume_connection_jobs,
    retry_later,
    stop_connection,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import (
    WORKER,
    Crashes,
    at,
    attempts,
    connect,
    connection_row,
    force,
    owe_one,
    row,
    start,
)

# --- T6 -------------------------------------------------------------------------------------------


def test_a_heartbeat_extends_what_is_held_and_names_what_is_lost(
    store: Store, clock: SettableClock
) -> None:
    kept, ended, stolen = start(store), start(store), start(store)
    force(store, ended.id, state="succeeded")
    force(store, stolen.id, token=9)
    clock.advance(15)
    with store.unit_of_work() as unit:
        lost = extend_leases(unit, [kept, ended, stolen])
    assert [job.id for job in lost] == [ended.id, stolen.id]
    assert row(store, kept.id).lease_until == store.clock() + LEASE
    assert row(store, stolen.id).lease_until == store.clock() + LEASE - timedelta(seconds=15)


def test_a_heartbeat_of_another_owner_extends_nothing(store: Store) -> None:
    job = start(store)
    force(store, job.id, lease_owner="boot2:t1")
    with store.unit_of_work() as unit:
        assert extend_leases(unit, [job]) == [job]


# --- T14 ------------------------------------------------------------------------------------------


def test_a_job_comes_back_when_its_lease_has_run_out_and_not_before(
    store: Store, clock: SettableClock
) -> None:
    job, crashes = start(store), Crashes()
    clock.advance(60)
    with store.unit_of_work() as unit:
        assert reap_expired(unit, crashes) == []
    clock.advance(0.001)
    with store.unit_of_work() as unit:
        assert reap_expired(unit, crashes) == [job.id]
    back = row(store, job.id)
    assert (back.state, back.run_at, back.crash_count) == ("ready", store.clock(), 1)
    assert (back.attempt, back.lease_owner, back.suspect) == (1, None, False)
    assert crashes == [job.id]
    assert [a.transition for a in attempts(store, job.id)] == ["T14"]


def test_jobs_of_another_boot_come_back_at_once_and_those_of_this_boot_stay(store: Store) -> None:
    theirs, ours, crashes = start(store, "boot1:t1"), start(store, "boot2:t1"), Crashes()
    sent = owe_one(store)
    force(store, sent, dispatched_at=store.clock(), dispatch_count=4)
    with store.unit_of_work() as unit:
        assert recover_boot(unit, "boot2", crashes) == [theirs.id]
    assert (row(store, theirs.id).state, row(store, ours.id).state) == ("ready", "running")
    assert (row(store, sent).dispatched_at, row(store, sent).dispatch_count) == (None, 0)
    assert crashes == [theirs.id]


def test_recovery_run_twice_changes_nothing_more(store: Store) -> None:
    job, crashes = start(store, "boot1:t1"), Crashes()
    for _ in range(2):
        with store.unit_of_work() as unit:
            recover_boot(unit, "boot2", crashes)
    assert row(store, job.id).crash_count == 1 and crashes == [job.id]


def test_a_failing_on_crash_leaves_the_job_to_the_next_recovery(store: Store) -> None:
    job = start(store, "boot1:t1")

    def broken(unit: object, job_ids: object) -> None:
        raise RuntimeError("killed during recovery")

    with pytest.raises(RuntimeError), store.unit_of_work() as unit:
        recover_boot(unit, "boot2", broken)
    assert (row(store, job.id).state, row(store, job.id).crash_count) == ("running", 0)


def test_presence_at_three_crashes_makes_a_job_suspect(store: Store) -> None:
    job_id = owe_one(store)
    seen = []
    for boot in range(4):
        assert claim(store, job_id, f"boot{boot}:t1") is not None
        with store.unit_of_work() as unit:
            recover_boot(unit, f"boot{boot + 1}", Crashes())
        seen.append((row(store, job_id).crash_count, row(store, job_id).suspect))
    assert seen == [(1, False), (2, False), (3, True), (4, True)]


def test_a_crashed_job_with_a_pending_twin_hands_over_attempts_and_crashes(store: Store) -> None:
    job = start(store, "boot1:t1", coalesce_key="k")
    twin = owe_one(store, coalesce_key="k")
    with store.unit_of_work() as unit:
        recover_boot(unit, "boot2", Crashes())
    assert (row(store, job.id).state, row(store, job.id).superseded_by) == ("superseded", twin)
    heir = row(store, twin)
    assert (heir.state, heir.attempt, heir.crash_count) == ("ready", 1, 1)


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.RUNNING])
def test_only_running_jobs_are_reaped(store: Store, clock: SettableClock, state: JobState) -> None:
    job = start(store, "boot1:t1")
    force(store, job.id, state=state)
    clock.advance(999)
    with store.unit_of_work() as unit:
        assert reap_expired(unit, Crashes()) == []
        assert recover_boot(unit, "boot2", Crashes()) == []
    assert row(store, job.id).state == state


# --- T12, T13 -------------------------------------------------------------------------------------


def test_pausing_holds_what_has_not_started_and_nothing_else(store: Store) -> None:
    connect(store)
    connect(store, "other")
    running = start(store, connection_id="shop")
    states = ["ready", "waiting", "succeeded", "dead", "cancelled", "superseded", "held"]
    ids = [owe_one(store, connection_id="shop") for _ in states]
    for job_id, state in zip(ids, states, strict=True):
        force(store, job_id, state=state)
    elsewhere = owe_one(store, connection_id="other")
    with store.unit_of_work() as unit:
        assert hold_connection_jobs(unit, "shop", "paused") == 2
    held = ["held", "held", "succeeded", "dead", "cancelled", "superseded", "held"]
    assert [row(store, job_id).state for job_id in ids] == held
    assert row(store, ids[0]).hold_reason == "paused"
    assert (row(store, running.id).state, row(store, elsewhere).state) == ("running", "ready")


def test_resuming_spreads_a_backlog_over_a_minute_oldest_first(store: Store) -> None:
    connect(store)
    ids = [owe_one(store, connection_id="shop") for _ in range(120)]
    urgent = owe_one(store, connection_id="shop", priority=1)
    with store.unit_of_work() as unit:
        hold_connection_jobs(unit, "shop", "paused")
        assert resume_connection_jobs(unit, "shop") == 121
    times = [row(store, job_id).run_at for job_id in (urgent, *ids)]
    assert times == sorted(times) and times[0] == store.clock()
    assert timedelta(seconds=55) < times[-1] - times[0] < timedelta(seconds=60)
    assert (row(store, urgent).state, row(store, urgent).hold_reason) == ("ready", "")


def test_resuming_keeps_a_later_due_time(store: Store) -> None:
    connect(store)
    job_id = owe_one(store, connection_id="shop", run_at=at(store, 300))
    with store.unit_of_work() as unit:
        hold_connection_jobs(unit, "shop", "paused")
        resume_connection_jobs(unit, "shop")
    assert row(store, job_id).run_at == at(store, 300)


def test_a_connection_that_is_not_active_releases_nothing(store: Store) -> None:
    connect(store, state="paused")
    job_id = owe_one(store, connection_id="shop")
    with store.unit_of_work() as unit:
        hold_connection_jobs(unit, "shop", "paused")
        assert resume_connection_jobs(unit, "shop") == 0
    assert row(store, job_id).state == "held"


def test_refused_credentials_stop_the_connection_and_raise_its_epoch(store: Store) -> None:
    connect(store, epoch=3)
    job_id = owe_one(store, connection_id="shop")
    for _ in range(2):  # the second one finds it stopped already
        with store.unit_of_work() as unit:
            stop_connection(unit, "shop", "401: key revoked")
    shop = connection_row(store)
    assert (shop.state, shop.reason, shop.epoch) == ("needs_auth", "401: key revoked", 4)
    assert (row(store, job_id).state, row(store, job_id).hold_reason) == ("held", "needs_auth")


def test_a_refusal_is_remembered_until_the_connection_is_resumed(store: Store) -> None:
    connect(store)
    job = start(store, connection_id="shop")
    with store.unit_of_work() as unit:
        assert not auth_failed_before(unit, "shop")
        retry_later(unit, job, unit.now, "auth", "401")
        assert auth_failed_before(unit, "shop")
        hold_connection_jobs(unit, "shop", "needs_auth")
        resume_connection_jobs(unit, "shop")
        assert not auth_failed_before(unit, "shop")


# --- T21 ------------------------------------------------------------------------------------------


def die(store: Store, **fields: object) -> str:
    job = start(store, **fields)  # type: ignore[arg-type]
    with store.unit_of_work() as unit:
        bury(unit, job, "rejected", "address unknown")
    return job.id


def send_round(store: Store, job_id: str) -> None:
    with store.unit_of_work() as unit:
        replay(unit, job_id)


def test_a_replayed_job_is_owed_anew_under_the_same_keys(
    store: Store, clock: SettableClock
) -> None:
    job_id = die(store, serial_key="order-1", event_id="e1", deadline_at=at(store, 100))
    force(store, job_id, crash_count=2, suspect=True)
    clock.advance(1000)
    send_round(store, job_id)
    job = row(store, job_id)
    assert (job.state, job.attempt, job.crash_count, job.suspect) == ("ready", 0, 0, False)
    assert (job.run_at, job.deadline_at) == (store.clock(), at(store, 100))
    assert (job.serial_key, job.event_id, job.finished_at) == ("order-1", "e1", None)
    again = claim(store, job_id, WORKER)
    assert again is not None and again.token == 2


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.DEAD])
def test_only_a_dead_job_is_replayed(store: Store, state: JobState) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state)
    with pytest.raises(ReplayRefusedError, match="not dead"):
        send_round(store, job_id)
    assert row(store, job_id).state == state


def test_a_job_is_not_replayed_while_its_connection_is_stopped(store: Store) -> None:
    connect(store)
    job_id = die(store, connection_id="shop")
    with store.unit_of_work() as unit:
        stop_connection(unit, "shop", "401")
    with pytest.raises(ReplayRefusedError, match="needs_auth"):
        send_round(store, job_id)


def test_a_job_is_not_replayed_beside_a_twin_that_will_do_its_work(store: Store) -> None:
    job_id = die(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k")
    with pytest.raises(ReplayRefusedError, match=twin):
        send_round(store, job_id)
