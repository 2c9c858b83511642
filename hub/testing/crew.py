"""A world's jobs as `hub serve` runs them: rung for, carried by a broker, claimed by threads."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, or_, select

from hub.bootstrap import System
from hub.jobs.brokers import choose_broker
from hub.jobs.engine import Engine
from hub.store import jobs, tables
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.jobs import Due

THREADS = 2
TWICE = 2
"""So often in a row all must be quiet: what ends between two looks may begin something else."""
PATIENCE_S = 30.0
_LOOK_EVERY_S = 0.004
_QUIET_S = 0.5
_MOMENT = timedelta(seconds=1)


class Crew:
    """An engine at work on a world's hub; the world's clock moves only where the world moves it.

    `redis_url` names the broker's server; empty is the embedded broker.
    """

    def __init__(
        self, system: System, redis_url: str, advance: Callable[[timedelta], None]
    ) -> None:  # fmt: skip
        self._store = system.hub.store
        self._advance = advance
        self._engine = Engine(
            self._store, system.kinds, threads=THREADS, on_crash=sent_by_jobs_to_unknown,
            chance=lambda: 0.5, broker=choose_broker(redis_url, f"world:{uuid4().hex}"),
        )  # fmt: skip
        self._engine.start()

    def stop(self) -> None:
        """Let the threads end what they do."""
        self._engine.stop()

    def settle(self) -> datetime | None:
        """Wait until nothing is due; gives when something will be.

        Time stands still meanwhile, and a hint may be lost: then a moment passes, as it would.
        """
        self._engine.relay.nudge()
        calm, quiet_since = 0, time.monotonic()
        give_up = quiet_since + PATIENCE_S
        while True:
            ready, running, seen = self._owed()
            now = time.monotonic()
            calm = 0 if ready or running or seen.anything else calm + 1
            if calm == TWICE:
                return seen.next_at
            assert now < give_up, f"{ready} jobs are ready and {running} run, for {PATIENCE_S} s"
            if running:
                quiet_since = now
            elif now - quiet_since > _QUIET_S:
                quiet_since = now
                self._advance(_MOMENT)
                self._engine.relay.nudge()
            time.sleep(_LOOK_EVERY_S)

    def _owed(self) -> tuple[int, int, Due]:
        """Count the jobs that are ready and those that run, and see what else is due."""
        now, job = self._store.clock(), tables.job
        due = or_(job.c.state == "running", and_(job.c.state == "ready", job.c.run_at <= now))
        with self._store.reading() as database:
            states = list(database.execute(select(job.c.state).where(due)).scalars())
            return states.count("ready"), states.count("running"), jobs.look(database, now)
