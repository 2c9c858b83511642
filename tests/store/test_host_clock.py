"""A clock that is watched: what counts as a jump, and what a jump did to leases and due times."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.host_clock import HostClock
from hub.store.jobs import LEASE, dispatch_due, mend_after_jump, reap_expired
from hub.store.rhythm import Rhythm
from hub.store.schedules import put_schedule
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import Crashes, at, owe_one, row, start

NONE = timedelta(0)


class Host:
    """A host whose two clocks a test can move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.seconds = 1000.0

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    def is_set_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def watched(host: Host) -> HostClock:
    return HostClock(lambda: host.now, lambda: host.seconds)


def test_a_clock_that_keeps_step_is_steady(host: Host, watched: HostClock) -> None:
    for seconds in (0.01, 1, 3600, 86_400):
        host.passes(seconds)
        assert watched() == host.now and watched.steady() and watched.jumped() == NONE


@pytest.mark.parametrize("seconds", [-5, 5, -0.3])
def test_a_correction_by_seconds_is_no_jump(host: Host, watched: HostClock, seconds: float) -> None:
    host.is_set_by(seconds)
    assert watched.steady() and watched.jumped() == NONE


def test_a_clock_that_goes_back_is_trusted_when_it_has_kept_step_and_all_is_mended(
    host: Host, watched: HostClock
) -> None:
    host.is_set_by(-3600)
    assert not watched.steady() and watched.jumped() == timedelta(hours=-1)
    host.passes(6)
    assert not watched.steady(), "nothing is mended yet"
    watched.settle(watched.jumped())
    assert watched.steady() and watched.jumped() == NONE


def test_a_clock_that_goes_back_again_and_again_stays_in_doubt(
    host: Host, watched: HostClock
) -> None:
    for _ in range(5):
        host.is_set_by(-60)
        watched.settle(watched.jumped())
        host.passes(4)
        assert not watched.steady()
    host.passes(1.1)
    assert watched.steady()


def test_a_machine_that_slept_jumps_forward_and_stays_trusted(
    host: Host, watched: HostClock
) -> None:
    host.is_set_by(8 * 3600)
    assert watched.steady() and watched.jumped() == timedelta(hours=8)
    watched.settle(timedelta(hours=8))
    assert watched.jumped() == NONE


# --- what is mended -------------------------------------------------------------------------------


def mend(store: Store, clock: SettableClock, seconds: float) -> None:
    clock.advance(seconds)
    with store.unit_of_work() as unit:
        mend_after_jump(unit, timedelta(seconds=seconds))


def test_a_job_in_hand_does_not_look_overdue_after_a_jump(
    store: Store, clock: SettableClock
) -> None:
    job = start(store)
    for seconds in (7200, -10_000):
        mend(store, clock, seconds)
        assert row(store, job.id).lease_until == store.clock() + LEASE
        with store.unit_of_work() as unit:
            assert reap_expired(unit, Crashes()) == []


def test_what_was_due_before_the_clock_went_back_is_due_now(
    store: Store, clock: SettableClock
) -> None:
    due, told = owe_one(store), owe_one(store, subject="told")
    later = owe_one(store, run_at=at(store, 7200))
    with store.unit_of_work() as unit:
        assert set(dispatch_due(unit)) == {due, told}
    mend(store, clock, -3600)
    assert row(store, due).run_at == row(store, told).run_at == store.clock()
    assert row(store, told).dispatched_at is None
    assert row(store, later).run_at == at(store, 3 * 3600), "nobody knows who meant this time how"
    with store.unit_of_work() as unit:
        assert set(dispatch_due(unit)) == {due, told}


def test_a_schedule_in_seconds_does_not_pause_for_the_length_of_the_jump(
    store: Store, clock: SettableClock
) -> None:
    with store.unit_of_work() as unit:
        put_schedule(unit, "often", "pull", 60, first_at=at(store, 30))
        put_schedule(unit, "nightly", "pull", Rhythm(cron="0 3 * * *"))
    nightly = datetime(2026, 11, 23, 3, tzinfo=UTC)
    mend(store, clock, -3600)
    with store.reading() as connection:
        plan = tables.schedule.c
        found = {
            one.name: one.next_at for one in connection.execute(select(plan.name, plan.next_at))
        }
    assert found == {"often": at(store, 60), "nightly": nightly}
