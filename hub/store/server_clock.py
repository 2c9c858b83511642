"""The database server's clock, for hosts that disagree about the time: one clock decides leases."""

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.store.engine import Engines

ASK_EVERY_S = 60.0


class ServerClock:
    """Gives PostgreSQL's time without asking it each time; this host's own time is never read.

    Between two questions the monotonic clock counts on, so a host whose clock is wrong or jumps
    neither takes a lease too early nor holds a job back. Correct to the length of a round trip.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._asking = threading.Lock()
        self._known = self._ask()
        """What the server said, and when by the monotonic clock: read and set as one."""

    def __call__(self) -> datetime:
        """Give the present."""
        then, asked = self._known
        if time.monotonic() - asked > ASK_EVERY_S and self._asking.acquire(blocking=False):
            try:
                then, asked = self._known = self._ask()
            except SQLAlchemyError:  # it is away; what was measured stays good for a long while
                pass
            finally:
                self._asking.release()
        return then + timedelta(seconds=time.monotonic() - asked)

    def _ask(self) -> tuple[datetime, float]:
        with self._engines.read.connect() as connection:
            before = time.monotonic()
            then: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return then.astimezone(UTC), (before + time.monotonic()) / 2
