"""This host's clock for a hub that is alone on its SQLite file, watched for being set."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.records.base import Clock, system_clock

JUMP = timedelta(seconds=5)
"""A clock that is set by less is not worth a pause."""
STEADY_S = 5.0
"""How long a clock that went back must keep step before work is claimed by it again."""


class HostClock:
    """This host's clock, compared with the monotonic one at every look.

    A machine that slept, or was set, shows as a jump; what follows from it is `hub.jobs.jumps`.
    """

    def __init__(
        self, wall: Clock = system_clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last = (wall(), monotonic())
        self._jump = timedelta(0)
        self._steady_at = monotonic()

    def __call__(self) -> datetime:
        """Give the present by the host's clock."""
        with self._lock:
            wall, monotonic = self._wall(), self._monotonic()
            before, at = self._last
            off = wall - before - timedelta(seconds=monotonic - at)
            self._last = (wall, monotonic)
            if abs(off) > JUMP:
                self._jump += off
                if off < timedelta(0):
                    self._steady_at = monotonic + STEADY_S
            return wall

    def jumped(self) -> timedelta:
        """By how much it was set, since the last `settle`; below zero: back."""
        self()
        return self._jump

    def settle(self, jump: timedelta) -> None:
        """Note that what a jump had done is mended."""
        with self._lock:
            self._jump -= jump

    def steady(self) -> bool:
        """Whether it has kept step since it last went back, and what that did is mended."""
        self()
        return self._jump >= timedelta(0) and self._monotonic() >= self._steady_at
