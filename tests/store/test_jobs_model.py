"""The job rows against a small model in plain Python, over random walks of every transition."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, update

from hub.store import tables
from hub.store.engine import open_engines
from hub.store.jobs import (
    LEASE,
    LeaseLost,
    ReplayRefusedError,
    RunningJob,
    bury,
    claim,
    extend_leases,
    hold_connection_jobs,
    reap_expired,
    replay,
    resume_connection_jobs,
    retry_later,
    snooze,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING, SettableClock
from tests.store.job_rows import Crashes, connect, owe_one, rows

PENDING = {"ready", "held"}
JITTER = timedelta(milliseconds=10)
picks = st.integers(min_value=0, max_value=10**6)


@dataclass
class Modelled:
    """What the model knows of a job; `order` stands for the order of insertion."""

    order: int
    run_at: datetime
    coalesce: str | None
    serial: str | None
    connection: str | None
    state: str = "ready"
    attempt: int = 0
    token: int = 0
    crashes: int = 0
    lease: datetime | None = None


class JobRows(RuleBasedStateMachine):
    folder: Path
    store: Store
    clock: SettableClock

    def __init__(self) -> None:
        super().__init__()
        with self.store.unit_of_work() as unit:
            for table in (tables.job_attempt, tables.job, tables.connection):
                unit.execute(delete(table))
        connect(self.store, concurrency=2)
        self.model: dict[str, Modelled] = {}
        self.hands: list[RunningJob] = []
        self.active = True

    # --- what can happen --------------------------------------------------------------------------

    @rule(
        coalesce=st.sampled_from([None, "a", "b"]),
        serial=st.sampled_from([None, "s"]),
        connection=st.sampled_from([None, "shop"]),
        delay=st.sampled_from([0, 0, 5]),
    )
    def owe(self, coalesce: Any, serial: Any, connection: Any, delay: int) -> None:
        run_at = self.clock.now + timedelta(seconds=delay)
        job_id = owe_one(
            self.store, coalesce_key=coalesce, serial_key=serial, connection_id=connection,
            run_at=run_at,
        )  # fmt: skip
        twin = self.pending(coalesce)
        if twin:
            twin.run_at = min(twin.run_at, run_at)
            assert self.model[job_id] is twin
        else:
            self.model[job_id] = Modelled(len(self.model), run_at, coalesce, serial, connection)

    @precondition(lambda self: self.model)
    @rule(pick=picks)
    def claim(self, pick: int) -> None:
        job_id = self.choose(list(self.model), pick)
        job = self.model[job_id]
        taken = claim(self.store, job_id, "boot1:t1", chance=lambda: 0.5)
        assert (taken is not None) == self.expect_claim(job)
        if taken:
            assert (taken.token, taken.attempt) == (job.token, job.attempt)
            self.hands.append(taken)

    def expect_claim(self, job: Modelled) -> bool:
        now = self.clock.now
        if job.state != "ready" or job.run_at > now:
            return False
        if job.connection and not self.active:
            job.state = "held"
            return False
        blockers = [other.run_at for other in self.model.values() if self.blocks(other, job)]
        if blockers:
            job.run_at = max([*blockers, now]) + JITTER
            return False
        job.state, job.lease = "running", now + LEASE
        job.token, job.attempt = job.token + 1, job.attempt + 1
        return True

    def blocks(self, other: Modelled, job: Modelled) -> bool:
        if other is job:
            return False
        runs = other.state == "running"
        again_later = other.state == "ready" and other.attempt and other.run_at > self.clock.now
        in_line = other.state in {*PENDING, "running"} and not again_later
        older = other.order < job.order and in_line
        return (
            (job.serial is not None and other.serial == job.serial and (runs or older))
            or (job.coalesce is not None and other.coalesce == job.coalesce and runs)
            or (runs and job.connection is not None and self.running("shop") >= 2)
        )

    @precondition(lambda self: self.hands)
    @rule(pick=picks, how=st.sampled_from(["T7", "T8", "T9", "T16"]))
    def end(self, pick: int, how: str) -> None:
        hand = self.choose(self.hands, pick)  # often one that lost its lease long ago
        job, later = self.model[hand.id], self.clock.now + timedelta(seconds=3)
        ours = job.state == "running" and job.token == hand.token
        try:
            with self.store.unit_of_work() as unit:
                match how:
                    case "T7":
                        hand.finish(unit)
                    case "T8":
                        retry_later(unit, hand, later, "transient", "down")
                    case "T9":
                        snooze(unit, hand, later, "snoozed", "settling")
                    case "T16":
                        bury(unit, hand, "rejected", "no")
        except LeaseLost:
            assert not ours
            return
        assert ours
        match how:
            case "T7":
                job.state = "succeeded"
            case "T16":
                job.state = "dead"
            case _:
                self.back(job, later, job.attempt - (how == "T9"), job.crashes, inherits=False)

    def back(
        self, job: Modelled, run_at: datetime, attempt: int, crashes: int, inherits: bool
    ) -> None:
        twin = self.pending(job.coalesce)
        if twin is None:
            job.state, job.run_at, job.attempt, job.crashes = "ready", run_at, attempt, crashes
            return
        job.state = "superseded"
        twin.attempt, twin.run_at = attempt, max(twin.run_at, run_at)
        if inherits:
            twin.crashes = max(twin.crashes, crashes)

    @rule(seconds=st.sampled_from([1, 5, 61]))
    def time_passes_and_the_reaper_comes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        crashes = Crashes()
        with self.store.unit_of_work() as unit:
            reap_expired(unit, crashes)
        expired = {
            job_id: job
            for job_id, job in self.model.items()
            if job.state == "running" and job.lease and job.lease < self.clock.now
        }
        assert set(crashes) == set(expired)
        for job in expired.values():
            self.back(job, self.clock.now, job.attempt, job.crashes + 1, inherits=True)

    @precondition(lambda self: self.hands)
    @rule()
    def the_heart_beats(self) -> None:
        with self.store.unit_of_work() as unit:
            lost = extend_leases(unit, self.hands)
        for hand in self.hands:
            job = self.model[hand.id]
            ours = job.state == "running" and job.token == hand.token
            assert ours == (hand not in lost)
            if ours:
                job.lease = self.clock.now + LEASE

    @rule()
    def the_connection_is_paused(self) -> None:
        self.switch("paused")
        with self.store.unit_of_work() as unit:
            hold_connection_jobs(unit, "shop", "paused")
        for job in self.model.values():
            if job.connection and job.state == "ready":
                job.state = "held"

    @rule()
    def the_connection_is_resumed(self) -> None:
        self.switch("active")
        with self.store.unit_of_work() as unit:
            resume_connection_jobs(unit, "shop")
        held = [job for job in self.model.values() if job.state == "held"]
        for place, job in enumerate(sorted(held, key=lambda job: job.order)):
            job.state = "ready"
            job.run_at = max(job.run_at, self.clock.now + timedelta(seconds=place))

    @precondition(lambda self: self.model)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        job_id = self.choose(list(self.model), pick)
        job = self.model[job_id]
        usable = self.active or not job.connection
        allowed = job.state == "dead" and usable and self.pending(job.coalesce) is None
        try:
            with self.store.unit_of_work() as unit:
                replay(unit, job_id)
        except ReplayRefusedError:
            assert not allowed
            return
        assert allowed
        job.state, job.run_at, job.attempt, job.crashes = "ready", self.clock.now, 0, 0

    # --- what must hold ---------------------------------------------------------------------------

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        found = {
            row.id: (row.state, row.run_at, row.attempt, row.token, row.crash_count)
            for row in rows(self.store)
        }
        assert found == {
            job_id: (job.state, job.run_at, job.attempt, job.token, job.crashes)
            for job_id, job in self.model.items()
        }

    @invariant()
    def keys_do_what_they_promise(self) -> None:
        jobs = self.model.values()
        for key in ("a", "b"):
            assert sum(job.coalesce == key and job.state in PENDING for job in jobs) <= 1
            assert sum(job.coalesce == key and job.state == "running" for job in jobs) <= 1
        assert sum(job.serial == "s" and job.state == "running" for job in jobs) <= 1
        assert self.running("shop") <= 2

    # --- small questions --------------------------------------------------------------------------

    def pending(self, coalesce: str | None) -> Modelled | None:
        if coalesce is None:
            return None
        found = [job for job in self.model.values() if job.coalesce == coalesce]
        return next((job for job in found if job.state in PENDING), None)

    def running(self, connection: str) -> int:
        jobs = self.model.values()
        return sum(job.connection == connection and job.state == "running" for job in jobs)

    def choose(self, things: list[Any], pick: int) -> Any:
        return things[pick % len(things)]

    def switch(self, state: str) -> None:
        self.active = state == "active"
        with self.store.unit_of_work() as unit:
            unit.execute(update(tables.connection).values(state=state))


class TestJobRows(JobRows.TestCase):  # type: ignore[name-defined,misc]
    """Every walk leaves the rows where the model says."""

    settings = settings(
        max_examples=100,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    @classmethod
    def setUpClass(cls) -> None:
        JobRows.folder = Path(tempfile.mkdtemp(prefix="hub-jobs-"))
        JobRows.clock = SettableClock()
        engines = open_engines(f"sqlite:///{JobRows.folder / 'hub.db'}")
        tables.METADATA.create_all(engines.write)
        JobRows.store = Store(engines, JobRows.clock, KEYRING)

    @classmethod
    def tearDownClass(cls) -> None:
        JobRows.store.engines.dispose()
        shutil.rmtree(JobRows.folder)
