"""Real `kill -9` of running engines and their broker: nothing is lost, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.life import LIFE
from hub.store.unit_of_work import Store
from tests.jobs.kinds import wait_for
from tests.jobs.small_engine import ready_mark, step, still_owed
from tests.store.job_rows import owe, rows
from tests.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
JOBS = 200
Process = subprocess.Popen[bytes]


def spawn(database_url: str, witness: Path, *role: str) -> Process:
    script = ROOT / "tests/jobs/small_engine.py"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, script, database_url, witness, *role], env=environment)


def kill(process: Process) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def lines(witness: Path) -> list[str]:
    return witness.read_text().splitlines() if witness.exists() else []


def each_job_was_done_once(store: Store, witness: Path) -> None:
    """Hold the rows, their effects and what the workers said against each other."""
    jobs = rows(store)
    assert {job.state for job in jobs} == {"succeeded"}
    with store.reading() as connection:
        of_jobs = select(tables.hub.c.value).where(tables.hub.c.name != LIFE)
        effects = connection.execute(of_jobs).scalars().all()
        ended = connection.execute(
            select(tables.job_attempt.c.job_id).where(tables.job_attempt.c.transition == "T7")
        ).scalars()
        assert sorted(ended) == sorted(effects) == [job.id for job in jobs]
    starts = lines(witness)
    assert len(starts) == len(set(starts)), "one claim was worked on twice"
    assert len(starts) <= len(jobs) + sum(job.crash_count for job in jobs)


@pytest.mark.slow
def test_an_engine_killed_five_times_loses_nothing_and_does_nothing_twice(
    sqlite_store: Store, tmp_path: Path
) -> None:
    witness, url = tmp_path / "witness", f"sqlite:///{tmp_path / 'hub.db'}"
    owe(sqlite_store, *[step(f"first-{n}", f"order-{n % 50}") for n in range(JOBS)])
    dice = random.Random(5)
    for _ in range(KILLS):
        seen, wanted = len(lines(witness)), dice.randint(5, 40)
        engine = spawn(url, witness)
        wait_for(lambda seen=seen, wanted=wanted: len(lines(witness)) >= seen + wanted)
        kill(engine)
    engine = spawn(url, witness)
    assert engine.wait(timeout=30) == 0
    assert len(rows(sqlite_store)) == 2 * JOBS
    assert sum(job.crash_count for job in rows(sqlite_store)) >= KILLS, "no kill met a running job"
    each_job_was_done_once(sqlite_store, witness)


# --- many processes on PostgreSQL and Valkey ------------------------------------------------------


class Crew:
    """Two workers and two relays in processes of their own; whoever is killed is replaced."""

    def __init__(self, database_url: str, redis_url: str, witness: Path) -> None:
        self._given = (database_url, witness, redis_url)
        self.members = {
            name: self._spawn(name) for name in ("worker1", "worker2", "relay1", "relay2")
        }

    def replace(self, name: str) -> None:
        kill(self.members[name])
        self.members[name] = self._spawn(name)

    def stop(self) -> list[int]:
        """Stop politely whoever has come up; give how each ended."""
        marks = [ready_mark(self._given[1], process.pid) for process in self.members.values()]
        wait_for(lambda: all(mark.exists() for mark in marks), within_s=20)
        for process in self.members.values():
            process.terminate()
        return [process.wait(timeout=20) for process in self.members.values()]

    def kill(self) -> None:
        for process in self.members.values():
            kill(process)

    def _spawn(self, name: str) -> Process:
        database_url, witness, redis_url = self._given
        return spawn(database_url, witness, redis_url, name.rstrip("12"))


@contextmanager
def crew(database_url: str, redis_url: str, witness: Path) -> Iterator[Crew]:
    made = Crew(database_url, redis_url, witness)
    with ExitStack() as ending:
        ending.callback(made.kill)
        yield made


@pytest.mark.slow
def test_killed_workers_relays_and_brokers_lose_nothing_and_do_nothing_twice(
    postgres_store: Store, postgres: str, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    witness, dice = tmp_path / "witness", random.Random(7)
    owe(postgres_store, *[step(f"first-{n}", f"order-{n % 40}") for n in range(JOBS // 2)])
    with crew(postgres, own_valkey.url, witness) as processes:
        for blow in ("worker1", "flush", "relay1", "valkey", "worker2", "flush", "relay2"):
            seen, wanted = len(lines(witness)), dice.randint(3, 15)
            wait_for(lambda seen=seen, wanted=wanted: len(lines(witness)) >= seen + wanted, 20)
            if blow == "flush":
                own_valkey.client.flushall()
            elif blow == "valkey":
                own_valkey.kill()
                own_valkey.start()
            else:
                processes.replace(blow)
        wait_for(lambda: not still_owed(postgres_store), within_s=60)
        assert processes.stop() == [0, 0, 0, 0]
    assert len(rows(postgres_store)) == JOBS
    assert sum(job.crash_count for job in rows(postgres_store)), "no kill met a running job"
    each_job_was_done_once(postgres_store, witness)


@pytest.mark.slow
def test_with_the_broker_away_work_is_kept_and_is_done_when_it_is_back(
    postgres_store: Store, postgres: str, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    with crew(postgres, own_valkey.url, witness) as processes:
        owe(postgres_store, step("before", None))
        wait_for(lambda: not still_owed(postgres_store), within_s=20)
        own_valkey.kill()
        owe(postgres_store, *[step(f"away-{n}", None) for n in range(20)])
        threading.Event().wait(1.2)  # each relay has passed at least once
        assert [job.state for job in rows(postgres_store)] == ["succeeded"] + 20 * ["ready"]
        own_valkey.start()
        wait_for(lambda: not still_owed(postgres_store), within_s=20)
        assert processes.stop() == [0, 0, 0, 0]
    each_job_was_done_once(postgres_store, witness)
