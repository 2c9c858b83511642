"""Suspects run alone in real child processes: the guilty one is condemned, bystanders never are."""

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.bootstrap import build, initialise
from hub.jobs.solo import Solo
from hub.settings import Settings
from hub.store import tables
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.jobs import MustRunAlone, claim
from hub.store.unit_of_work import Store
from tests.jobs.kinds import worker
from tests.store.conftest import SettableClock
from tests.store.job_rows import Crashes, attempts, connect, draft, force, owe, owe_one, row, rows

ROOT = Path(__file__).resolve().parents[2]
OWNER = "boot1:t1"


def suspect(store: Store, subject: str, **fields: Any) -> str:
    job_id = owe_one(store, subject=subject, **fields)
    force(store, job_id, suspect=True, crash_count=3)
    return job_id


def alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, crashes: Crashes, now: datetime | None = None
) -> Solo:
    """A parent whose children work on this store, at a time that stands still."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    url = store.engines.write.url.render_as_string(hide_password=False)
    script = ROOT / "tests/jobs/solo_child.py"
    command = (sys.executable, str(script), url, (now or store.clock()).isoformat())
    return Solo(store, crashes, command, look_every_s=0.02)


def crash_loops(store: Store) -> dict[tuple[str, str], int]:
    tally = tables.job_tally
    with store.reading() as connection:
        found = connection.execute(select(tally).where(tally.c.counter == "crash_loops"))
        return {(one.kind, one.connection_id): one.total for one in found}


def test_a_suspect_is_not_claimed_beside_others(store: Store) -> None:
    job_id = suspect(store, "fine")
    with pytest.raises(MustRunAlone):
        claim(store, job_id, OWNER, alone=False)
    assert row(store, job_id).state == "ready" and attempts(store, job_id) == []


def test_a_worker_sends_a_suspect_away_and_runs_the_others_itself(store: Store) -> None:
    bad, good = suspect(store, "kills"), owe_one(store)
    ran, sent = [], []
    crew = worker(store, lambda job: ran.append(job.id))
    crew = type(crew)(store, crew.kinds, "boot1", run_alone=lambda *told: sent.append(told))
    crew.run(bad, "t1")
    crew.run(good, "t1")
    assert ran == [good] and sent == [(bad, "boot1:t1:alone")]


def test_an_innocent_suspect_succeeds_in_its_own_process(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, crashes = suspect(store, "fine"), Crashes()
    alone(store, monkeypatch, crashes).run(job_id, OWNER)
    assert (row(store, job_id).state, row(store, job_id).solo_deaths) == ("succeeded", 0)
    (attempt,) = attempts(store, job_id)
    assert (attempt.worker, attempt.transition) == (OWNER, "T7") and crashes == []


def test_a_job_that_kills_two_children_while_their_parent_lives_is_condemned(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(store)
    job_id, crashes = suspect(store, "kills", connection_id="shop"), Crashes()
    solo = alone(store, monkeypatch, crashes)
    solo.run(job_id, OWNER)
    once = row(store, job_id)
    assert (once.state, once.suspect, once.solo_deaths, once.crash_count) == ("ready", True, 1, 4)
    solo.run(job_id, OWNER)
    dead = row(store, job_id)
    assert (dead.state, dead.last_error_class, dead.solo_deaths) == ("dead", "crash_loop", 2)
    assert dead.last_error_text == "its process ended with code 9 before it was done"
    assert [one.transition for one in attempts(store, job_id)] == ["T14", "T15"]
    assert crashes == [job_id, job_id], "what it had sent is unknown both times"
    assert crash_loops(store) == {("route", "shop"): 1}


def test_a_child_that_never_returns_is_ended_before_its_lease(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = store.clock() - timedelta(seconds=58)  # the child's time: its lease is nearly over
    job_id, crashes = suspect(store, "hangs", run_at=then), Crashes()
    started = time.monotonic()
    alone(store, monkeypatch, crashes, then).run(job_id, OWNER)
    assert time.monotonic() - started < 30
    assert (row(store, job_id).state, row(store, job_id).solo_deaths) == ("ready", 1)
    (attempt,) = attempts(store, job_id)
    assert attempt.error_text == "gave no sign of life until its lease ran out"


def test_a_child_that_cannot_even_start_says_nothing_about_its_job(store: Store) -> None:
    job_id, crashes = suspect(store, "fine"), Crashes()
    Solo(store, crashes, (sys.executable, "-c", "raise SystemExit(3)")).run(job_id, OWNER)
    assert (row(store, job_id).state, row(store, job_id).solo_deaths) == ("ready", 0)
    assert crashes == []


def test_a_child_ends_with_its_parent(sqlite_store: Store, tmp_path: Path) -> None:
    job_id = suspect(sqlite_store, "hangs")
    url, now = f"sqlite:///{tmp_path / 'hub.db'}", sqlite_store.clock().isoformat()
    script = str(ROOT / "tests/jobs/solo_child.py")
    child = subprocess.Popen(
        [sys.executable, script, url, now, job_id, OWNER], stdin=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    child.communicate(timeout=20)  # closes its standard input, as the end of a parent does
    assert child.returncode == 1


def test_an_engine_whose_job_kills_it_lives_on_from_the_fourth_time(
    sqlite_store: Store, tmp_path: Path
) -> None:
    (guilty, *bystanders) = owe(
        sqlite_store,
        *[draft(subject=name, priority=1) for name in ("kills", "a", "b", "c")],
        *[draft(subject=f"later-{n}") for n in range(20)],
    )
    command = [sys.executable, str(ROOT / "tests/jobs/crashing_engine.py"),
               f"sqlite:///{tmp_path / 'hub.db'}"]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    codes = []
    while 0 not in codes and len(codes) < 6:
        codes.append(subprocess.run(command, env=environment, timeout=60).returncode)
    assert codes == [9, 9, 9, 0]
    dead = row(sqlite_store, guilty)
    assert (dead.state, dead.last_error_class, dead.solo_deaths) == ("dead", "crash_loop", 2)
    others = [one for one in rows(sqlite_store) if one.id in bystanders]
    assert {one.state for one in others} == {"succeeded"}
    assert max(one.crash_count for one in others) >= 1, "no bystander was there at a crash"


def test_the_child_of_a_real_hub_opens_it_by_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    settings = Settings()
    initialise(settings)
    system = build(settings)
    try:
        store = system.hub.store
        job_id = suspect(store, "", kind="reserve_waiting")
        Solo(store, sent_by_jobs_to_unknown).run(job_id, OWNER)
        assert row(store, job_id).state == "succeeded"
    finally:
        system.close()
