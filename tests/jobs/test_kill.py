"""Real `kill -9` of a running engine: nothing is lost and nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.unit_of_work import Store
from tests.jobs.kinds import wait_for
from tests.jobs.small_engine import step
from tests.store.job_rows import owe, rows

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
JOBS = 200


def spawn(database: Path, witness: Path) -> "subprocess.Popen[bytes]":
    script = ROOT / "tests/jobs/small_engine.py"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, script, database, witness], env=environment)


def lines(witness: Path) -> list[str]:
    return witness.read_text().splitlines() if witness.exists() else []


@pytest.mark.slow
def test_an_engine_killed_five_times_loses_nothing_and_does_nothing_twice(
    sqlite_store: Store, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    owe(sqlite_store, *[step(f"first-{n}", f"order-{n % 50}") for n in range(JOBS)])
    dice = random.Random(5)
    for _ in range(KILLS):
        seen, wanted = len(lines(witness)), dice.randint(5, 40)
        engine = spawn(tmp_path / "hub.db", witness)
        wait_for(lambda seen=seen, wanted=wanted: len(lines(witness)) >= seen + wanted)
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    engine = spawn(tmp_path / "hub.db", witness)
    assert engine.wait(timeout=30) == 0

    jobs = rows(sqlite_store)
    assert len(jobs) == 2 * JOBS and {job.state for job in jobs} == {"succeeded"}
    assert sum(job.crash_count for job in jobs) >= KILLS, "no kill met a running job"
    with sqlite_store.reading() as connection:
        effects = connection.execute(select(tables.hub.c.value)).scalars().all()
        ended = connection.execute(
            select(tables.job_attempt.c.job_id).where(tables.job_attempt.c.transition == "T7")
        ).scalars()
        assert sorted(ended) == sorted(effects) == [job.id for job in jobs]
    starts = lines(witness)
    assert len(starts) == len(set(starts)), "one claim was worked on twice"
    assert len(starts) <= 2 * JOBS + sum(job.crash_count for job in jobs)
