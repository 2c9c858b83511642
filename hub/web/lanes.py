"""Threads in lanes: work that hangs stops its own lane, never the others, and piles up nowhere."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class FullError(Exception):
    """The lane has as much unfinished work as it may have."""


class Lanes:
    """Lanes of a few threads each; one key always uses the same lane."""

    def __init__(self, lanes: int, threads: int, most_unfinished: int) -> None:
        self._lanes = [
            ThreadPoolExecutor(threads, thread_name_prefix=f"lane-{number}")
            for number in range(lanes)
        ]
        self._most = most_unfinished
        self._unfinished = [0] * lanes
        self._lock = threading.Lock()

    def submit(self, key: str, work: Callable[[], T]) -> Future[T]:
        """Do work in the lane of `key`; raises `FullError` at once when it cannot be soon.

        The future is not to be cancelled: cancelled work would leave its place taken.
        """
        number = hash(key) % len(self._lanes)
        with self._lock:
            if self._unfinished[number] >= self._most:
                raise FullError
            self._unfinished[number] += 1
        return self._lanes[number].submit(self._do, number, work)

    def _do(self, number: int, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            with self._lock:
                self._unfinished[number] -= 1
