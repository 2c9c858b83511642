"""The job rows against a small model in plain Python, over random walks of every transition."""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, update

from hub.store import jobs, tables
from hub.store.engine import open_engines
from hub.store.jobs import JobRefusedError, LeaseLost, RunningJob
from hub.store.jobs.solo import DEATHS
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING, SettableClock
from tests.store.job_model import PENDING, Model, Modelled
from tests.store.job_rows import WORKER, Crashes, connect, owe_one, rows

EVERY = {f"T{n}" for n in range(1, 24)} - {"T3", "T6"}
"""Those that a row's state shows; T3 and T6 change only who was told and until when."""
picks = st.integers(min_value=0, max_value=10**6)
walked: Counter[str] = Counter()
SEED = 2
"""One whose walk is short."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Nothing here depends on what a disk keeps, and every step commits."""


class JobRows(RuleBasedStateMachine):
    folder: Path
    store: Store
    clock: SettableClock

    def __init__(self) -> None:
        super().__init__()
        with self.store.unit_of_work() as unit:
            for table in (tables.job_attempt, tables.job_act, tables.job, tables.connection):
                unit.execute(delete(table))
        connect(self.store, concurrency=2)
        self.model = Model(self.clock)
        self.hands: list[RunningJob] = []

    # --- what can happen --------------------------------------------------------------------------

    @rule(
        coalesce=st.sampled_from([None, "a", "b"]),
        serial=st.sampled_from([None, "s"]),
        connection=st.sampled_from([None, "shop"]),
        subject=st.sampled_from(["", "order"]),
        delay=st.sampled_from([0, 0, 5]),
    )
    def owe(self, coalesce: Any, serial: Any, connection: Any, subject: str, delay: int) -> None:
        run_at = self.clock.now + timedelta(seconds=delay)
        job_id = owe_one(
            self.store, coalesce_key=coalesce, serial_key=serial, connection_id=connection,
            subject=subject, run_at=run_at,
        )  # fmt: skip
        walked["T2" if job_id in self.model.jobs else "T1"] += 1
        self.model.owe(job_id, run_at, coalesce, serial, connection, subject)

    @precondition(lambda self: self.model.jobs)
    @rule(pick=picks)
    def claim(self, pick: int) -> None:
        job_id, job = self.any_job(pick)
        before = (job.state, job.run_at)
        taken = jobs.claim(self.store, job_id, WORKER, chance=lambda: 0.5)
        assert (taken is not None) == self.model.claim(job)
        if taken:
            assert (taken.token, taken.attempt) == (job.token, job.attempt)
            assert taken.pulse.cancelled.is_set() == job.cancel
            self.hands.append(taken)
            walked["T4"] += 1
        elif (job.state, job.run_at) != before:
            walked["T12" if job.state == "held" else "T5"] += 1

    @precondition(lambda self: self.hands)
    @rule(pick=picks, how=st.sampled_from(["T7", "T8", "T9", "T10", "T16", "T19"]))
    def end(self, pick: int, how: str) -> None:
        hand = self.any_hand(pick)
        job, later = self.model.jobs[hand.id], self.clock.now + timedelta(seconds=3)
        allowed = self.holds(hand) and (how != "T19" or job.cancel)
        try:
            with self.store.unit_of_work() as unit:
                match how:
                    case "T7":
                        hand.finish(unit)
                    case "T8":
                        jobs.retry_later(unit, hand, later, "transient", "down")
                    case "T9":
                        jobs.snooze(unit, hand, later, "snoozed", "settling")
                    case "T10":
                        jobs.park(unit, hand, "news", later, "asks")
                    case "T16":
                        jobs.bury(unit, hand, "rejected", "no")
                    case "T19":
                        assert jobs.stop_if_asked(unit, hand) == allowed
        except LeaseLost:
            assert not allowed
            return
        assert allowed or how == "T19"
        walked[how] += allowed
        final = {"T7": "succeeded", "T16": "dead", "T19": "cancelled"}.get(how)
        if final and allowed:
            self.model.end(job, final)
        elif not final:
            wakes = "news" if how == "T10" else None
            self.model.back(job, later, job.attempt - (how != "T8"), wake_on=wakes)

    @precondition(lambda self: self.hands)
    @rule(pick=picks)
    def the_child_of_a_job_dies(self, pick: int) -> None:
        hand = self.any_hand(pick)
        job, crashes = self.model.jobs[hand.id], Crashes()
        with self.store.unit_of_work() as unit:
            ended = jobs.child_died(unit, hand.id, WORKER, "it ended by itself", crashes)
        assert (ended != "") == (job.state == "running") == (crashes == [hand.id])
        walked[ended] += 1
        if ended == "T14":
            assert job.solo + 1 < DEATHS
            self.model.back(job, self.clock.now, job.attempt, crashed=True, alone=True)
        elif ended == "T15":
            job.crashes, job.solo = job.crashes + 1, job.solo + 1
            assert job.solo >= DEATHS
            self.model.end(job, "dead")

    @rule(seconds=st.sampled_from([1, 5, 61]))
    def time_passes_and_the_relay_comes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        crashes = Crashes()
        with self.store.unit_of_work() as unit:
            jobs.reap_expired(unit, crashes)
            walked["T11"] += len(jobs.wake_due(unit))
        expired = {
            job_id: job
            for job_id, job in self.model.jobs.items()
            if job.state == "running" and job.lease and job.lease < self.clock.now
        }
        assert set(crashes) == set(expired)
        for job in expired.values():
            self.model.back(job, self.clock.now, job.attempt, crashed=True)
        self.model.wake_due()

    @rule()
    def what_was_waited_for_comes(self) -> None:
        with self.store.unit_of_work() as unit:
            woken = set(jobs.wake(unit, "news"))
        assert woken == self.model.wake("news")

    @precondition(lambda self: self.hands)
    @rule()
    def the_heart_beats(self) -> None:
        with self.store.unit_of_work() as unit:
            lost = jobs.extend_leases(unit, self.hands)
            asked = jobs.asked_to_stop(unit, self.hands)
        for hand in self.hands:
            job, ours = self.model.jobs[hand.id], self.holds(hand)
            assert ours == (hand not in lost)
            assert (ours and job.cancel) == (hand in asked)
            if ours:
                job.lease = self.clock.now + jobs.LEASE

    @rule(active=st.booleans())
    def the_connection_is_paused_or_resumed(self, active: bool) -> None:
        self.model.active = active
        mine = [job for job in self.model.jobs.values() if job.connection]
        with self.store.unit_of_work() as unit:
            state = "active" if active else "paused"
            unit.execute(update(tables.connection).values(state=state))
            if active:
                walked["T13"] += jobs.resume_connection_jobs(unit, "shop")
            else:
                walked["T12"] += jobs.hold_connection_jobs(unit, "shop", "paused")
        if not active:
            for job in mine:
                job.state = "held" if job.state in ("ready", "waiting") else job.state
            return
        held = sorted((job for job in mine if job.state == "held"), key=lambda job: job.order)
        for place, job in enumerate(held):
            job.state = "ready"
            step = min(timedelta(seconds=1), timedelta(seconds=60) / len(held))
            job.run_at = max(job.run_at, self.clock.now + step * place)

    @precondition(lambda self: self.model.jobs)
    @rule(pick=picks, how=st.sampled_from(["cancel", "dismiss", "replay"]))
    def a_person_acts(self, pick: int, how: str) -> None:
        job_id, job = self.any_job(pick)
        usable = self.model.active or not job.connection
        free = usable and self.model.pending(job.coalesce) is None
        rules = {
            "cancel": {**dict.fromkeys(PENDING, "T17"), "running": "T18"},
            "dismiss": {"dead": "T22"},
            "replay": {"dead": "T21"} if free else {},
        }
        allowed = rules[how].get(job.state)
        try:
            with self.store.unit_of_work() as unit:
                if how == "replay":
                    jobs.replay(unit, job_id)
                else:
                    getattr(jobs, how)(unit, job_id, "ada", "why not")
        except JobRefusedError:
            assert allowed is None
            return
        assert allowed
        walked[allowed] += 1
        if allowed == "T18":
            job.cancel = True
        elif allowed == "T21":
            job.state, job.run_at, job.attempt = "ready", self.clock.now, 0
            job.crashes, job.solo, job.cancel, job.wake_on = 0, 0, False, None
        else:
            self.model.end(job, "cancelled")

    @rule()
    def a_newer_fact_comes(self) -> None:
        with self.store.unit_of_work() as unit:
            ended = jobs.supersede(unit, ["route"], "order", "hub", "cancelled at the shop")
        walked["T20"] += len(ended)
        for job_id, job in self.model.jobs.items():
            pointless = job.subject == "order" and job.state in ("ready", "held")
            assert (job_id in ended) == pointless
            if pointless:
                self.model.end(job, "superseded")

    @rule(days=st.sampled_from([1, 1, 1, 1, 1, 1, 15, 181]))
    def days_pass_and_the_old_go(self, days: int) -> None:
        self.clock.advance(days * 86_400)
        with self.store.unit_of_work() as unit:
            gone = jobs.forget_old(unit)
        assert gone == self.model.forget()
        walked["T23"] += gone
        self.hands = [hand for hand in self.hands if hand.id in self.model.jobs]

    # --- what must hold ---------------------------------------------------------------------------

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        found = {
            row.id: (row.state, row.run_at, row.attempt, row.token, row.crash_count,
                     row.solo_deaths, row.cancel_requested, row.wake_on)
            for row in rows(self.store)
        }  # fmt: skip
        assert found == {
            job_id: (job.state, job.run_at, job.attempt, job.token, job.crashes, job.solo,
                     job.cancel, job.wake_on)
            for job_id, job in self.model.jobs.items()
        }  # fmt: skip

    @invariant()
    def keys_do_what_they_promise(self) -> None:
        every = self.model.jobs.values()
        for key in ("a", "b"):
            assert sum(job.coalesce == key and job.state in PENDING for job in every) <= 1
            assert sum(job.coalesce == key and job.state == "running" for job in every) <= 1
        assert sum(job.serial == "s" and job.state == "running" for job in every) <= 1
        assert self.model.running("shop") <= 2

    # --- small questions --------------------------------------------------------------------------

    def any_job(self, pick: int) -> tuple[str, Modelled]:
        """Each state that there is has the same chance."""
        states = sorted({job.state for job in self.model.jobs.values()})
        state = states[pick % len(states)]
        found = [one for one in self.model.jobs.items() if one[1].state == state]
        return found[pick // len(states) % len(found)]

    def any_hand(self, pick: int) -> RunningJob:
        """Mostly one that holds its job, else often one that lost its lease long ago."""
        holding = [hand for hand in self.hands if self.holds(hand)]
        choice = holding if holding and pick % 4 else self.hands
        return choice[pick % len(choice)]

    def holds(self, hand: RunningJob) -> bool:
        job = self.model.jobs[hand.id]
        return job.state == "running" and job.token == hand.token


def one_step(machine: JobRows, dice: random.Random) -> None:
    """Let one thing happen, the everyday ones more often."""
    pick = dice.randrange(10**6)
    machine.owe(
        dice.choice([None, "a", "b"]), dice.choice([None, None, "s"]),
        dice.choice([None, "shop"]), dice.choice(["", "", "order"]), dice.choice([0, 0, 5]),
    )  # fmt: skip
    for _ in range(3):
        machine.claim(dice.randrange(10**6))
    acts = ["cancel", "dismiss", "replay", "replay"]
    happens: list[Callable[[], None]] = [
        *[lambda: machine.a_person_acts(dice.randrange(10**6), dice.choice(acts))] * 6,
        lambda: machine.the_connection_is_paused_or_resumed(dice.random() < 0.85),
        lambda: machine.time_passes_and_the_relay_comes(dice.choice([1, 5, 61])),
        machine.what_was_waited_for_comes,
        machine.a_newer_fact_comes,
        lambda: machine.days_pass_and_the_old_go(dice.choice([0, 0, 0, 15, 181])),
    ]
    if machine.hands:
        ends = ["T7", "T8", "T9", "T10", "T16", "T19", "T19"]
        happens += [lambda: machine.end(pick, dice.choice(ends))] * 5
        happens += [lambda: machine.the_child_of_a_job_dies(pick), machine.the_heart_beats]
    dice.choice(happens)()
    machine.the_rows_are_as_the_model_says()
    machine.keys_do_what_they_promise()


def test_a_long_walk_takes_every_transition(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both databases, by dice that always fall alike."""
    monkeypatch.setattr(JobRows, "store", store, raising=False)
    monkeypatch.setattr(JobRows, "clock", clock, raising=False)
    walked.clear()
    dice = random.Random(SEED)
    while EVERY - {name for name, times in walked.items() if times}:
        assert sum(walked.values()) < 5000, walked
        machine = JobRows()
        for _ in range(50):
            one_step(machine, dice)


class TestJobRows(JobRows.TestCase):  # type: ignore[name-defined,misc]
    """Every walk leaves the rows where the model says."""

    settings = settings(
        max_examples=60,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    @classmethod
    def setUpClass(cls) -> None:
        JobRows.folder = Path(tempfile.mkdtemp(prefix="hub-jobs-", dir=MEMORY))
        JobRows.clock = SettableClock()
        engines = open_engines(f"sqlite:///{JobRows.folder / 'hub.db'}")
        tables.METADATA.create_all(engines.write)
        JobRows.store = Store(engines, JobRows.clock, KEYRING)

    @classmethod
    def tearDownClass(cls) -> None:
        JobRows.store.engines.dispose()
        shutil.rmtree(JobRows.folder)
