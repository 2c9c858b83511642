"""A host's clock that is set while the engine works."""

import logging

import pytest

from hub.jobs.idle import run_until_idle
from hub.jobs.relay import relay_once
from hub.store.host_clock import HostClock
from hub.store.schedules import put_schedule
from hub.store.unit_of_work import Store
from tests.jobs.kinds import worker
from tests.store.conftest import KEYRING
from tests.store.job_rows import Crashes, owe_one, row, rows, start
from tests.store.test_host_clock import Host


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def hosted(sqlite_store: Store, host: Host) -> Store:
    """A store on SQLite by a clock that is watched."""
    clock = HostClock(lambda: host.now, lambda: host.seconds)
    return Store(sqlite_store.engines, clock, KEYRING)


def test_nothing_is_claimed_right_after_the_clock_went_back_and_all_of_it_later(
    hosted: Store, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    job_id, in_hand = owe_one(hosted), start(hosted, subject="in hand")
    crew = worker(hosted, lambda job: None)
    host.is_set_by(-3600)
    assert crew.run(job_id, "t1") is None, "even before the relay has looked"
    assert run_until_idle(crew, Crashes()) == 0
    host.passes(4)
    assert relay_once(hosted, crew.kinds, Crashes()).dispatched == []
    host.passes(2)
    assert run_until_idle(crew, Crashes()) == 1
    assert row(hosted, job_id).state == "succeeded"
    assert row(hosted, in_hand.id).state == "running" and row(hosted, in_hand.id).crash_count == 0
    said = [line for line in caplog.messages if "clock of this host went back by 1:00:00" in line]
    assert len(said) == 1


def test_a_machine_that_slept_a_night_keeps_its_jobs_and_runs_each_schedule_once(
    hosted: Store, host: Host
) -> None:
    with hosted.unit_of_work() as unit:
        put_schedule(unit, "often", "route", 60)
    in_hand, crashes = start(hosted, kind="long"), Crashes()
    crew = worker(hosted, lambda job: None)
    assert run_until_idle(crew, crashes) == 1
    host.is_set_by(8 * 3600)
    assert run_until_idle(crew, crashes) == 1
    assert crashes == [] and row(hosted, in_hand.id).state == "running"
    assert len(rows(hosted)) == 3
