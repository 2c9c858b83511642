"""The embedded broker: queues in memory that are gone when the process ends. They may be."""

import queue
import threading
from collections.abc import Callable, Sequence

import dramatiq
from dramatiq.errors import QueueNotFound

from hub.jobs.brokers.hints import HintBroker, HintConsumer

MOST_EMBEDDED = 1000
"""Per queue: it is this process's own memory."""


class EmbeddedBroker(HintBroker):
    """The broker of a hub in one process."""

    def __init__(self, most_messages: int = MOST_EMBEDDED) -> None:
        super().__init__()
        self._most = most_messages

    def open_queue(self, queue_name: str) -> "queue.Queue[dramatiq.Message]":
        """Make a bounded queue."""
        return queue.Queue(self._most)

    def enqueue_many(self, messages: Sequence["dramatiq.Message"]) -> None:
        """Queue messages, or drop those whose queue is full."""
        for message in messages:
            try:
                self._queue(message.queue_name).put_nowait(message)
            except queue.Full:
                self.dropped += 1

    def consume(
        self, queue_name: str, prefetch: int = 1, timeout: int = 1000
    ) -> "dramatiq.Consumer":
        """Consume a queue; `timeout` in milliseconds."""
        return _Consumer(self, self._queue(queue_name), timeout / 1000)

    def flush(self, queue_name: str) -> None:
        """Forget the messages of a queue."""
        messages = self._queue(queue_name)
        while not messages.empty():
            messages.get_nowait()

    def waiting(self) -> int:
        """Count the messages that no worker has fetched."""
        return sum(messages.qsize() for messages in self.queues.values())

    def trouble(self) -> str:
        """Memory is always there."""
        return ""

    def call_relay(self) -> None:
        """There is no other process."""

    def hear_calls(self, nudge: Callable[[], None], stopping: threading.Event) -> None:
        """There is nobody to hear."""

    def _queue(self, queue_name: str) -> "queue.Queue[dramatiq.Message]":
        try:
            found: queue.Queue[dramatiq.Message] = self.queues[queue_name]
        except KeyError:
            raise QueueNotFound(queue_name) from None
        return found


class _Consumer(HintConsumer):
    def __init__(
        self, broker: HintBroker, messages: "queue.Queue[dramatiq.Message]", timeout_s: float
    ) -> None:
        super().__init__(broker, timeout_s)
        self._messages = messages

    def fetch(self) -> dramatiq.MessageProxy | None:
        try:
            return dramatiq.MessageProxy(self._messages.get(timeout=self.timeout_s))
        except queue.Empty:
            return None
