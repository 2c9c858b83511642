"""Keeps webhooks in groups: one durable commit for all that arrived during the one before."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from hub.services.intake.receive import Letter
from hub.web.lanes import FullError

LARGEST_GROUP = 250
MOST_WAITING = 2_000

Keep = Callable[[Sequence[Letter]], Sequence[int | Exception]]
"""Keeps letters, and gives of each how much was new, or why it could not be kept."""


class Mailroom:
    """One clerk: whatever waits when a commit ends becomes the next commit.

    Alone, a letter is committed at once; under load many share one flush of the disk, which is
    what a durable commit costs.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="mailroom")
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Letter, Future[int]]] = deque()
        self._busy = False

    def post(self, letter: Letter) -> Future[int]:
        """Take a letter; the future gives how much of it was new, once that is durable.

        Raises `FullError` when too many wait.
        """
        kept: Future[int] = Future()
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._forget_the_impatient()
            self._waiting.append((letter, kept))
            if self._busy:
                return kept
            self._busy = True
        self._clerk.submit(self._work)
        return kept

    def _forget_the_impatient(self) -> None:
        self._waiting = deque(one for one in self._waiting if not one[1].cancelled())
        if len(self._waiting) >= MOST_WAITING:
            raise FullError

    def _work(self) -> None:
        while group := self._next_group():
            try:
                answers = self._keep([letter for letter, _ in group])
            except Exception as error:  # each of them is told; a repeat may find it mended
                answers = [error] * len(group)
            for (_, kept), answer in zip(group, answers, strict=True):
                if isinstance(answer, Exception):
                    kept.set_exception(answer)
                else:
                    kept.set_result(answer)

    def _next_group(self) -> list[tuple[Letter, Future[int]]]:
        """Take what waits; who was told meanwhile to come again is left out."""
        group: list[tuple[Letter, Future[int]]] = []
        with self._lock:
            while self._waiting and len(group) < LARGEST_GROUP:
                letter, kept = self._waiting.popleft()
                if kept.set_running_or_notify_cancel():
                    group.append((letter, kept))
            self._busy = bool(group)
        return group
