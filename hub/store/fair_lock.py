"""A lock that serves in the order of arrival, so that no writer starves."""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """Mutual exclusion, first come first served; not re-entrant."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()  # the lock passes on without being freed
            else:
                self._held = False
