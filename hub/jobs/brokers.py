"""The embedded broker: a Dramatiq broker in memory that forgets everything when the process ends.

It may: the database remembers (law 4). Messages carry a job id; one that finds no room is dropped
and the relay sends it again. No message is kept after its end, delayed or set aside.
"""

import logging
import queue
from collections.abc import Callable, Sequence

import dramatiq
from dramatiq.errors import QueueNotFound

from hub.store import jobs
from hub.store.unit_of_work import Store

MOST_MESSAGES = 1000
"""Per queue. Workers that are so far behind need no further reminder."""

log = logging.getLogger(__name__)


class EmbeddedBroker(dramatiq.Broker):
    """Queues in memory, bounded; without middleware, because the job row decides everything."""

    def __init__(self, most_messages: int = MOST_MESSAGES) -> None:
        super().__init__(middleware=[])
        self.dropped = 0
        self._most = most_messages

    def declare_queue(self, queue_name: str) -> None:
        """Open a queue; there is no queue for delayed messages beside it."""
        if queue_name in self.queues:
            return
        self.emit_before("declare_queue", queue_name)
        self.queues[queue_name] = queue.Queue(self._most)
        self.emit_after("declare_queue", queue_name)

    def enqueue(
        self, message: "dramatiq.Message", *, delay: int | None = None
    ) -> "dramatiq.Message":
        """Queue a message, or drop it when the queue is full."""
        if delay is not None:
            raise ValueError("due times are rows in the database; a message does not wait")
        try:
            self._queue(message.queue_name).put_nowait(message)
        except queue.Full:
            self.dropped += 1
        return message

    def consume(
        self, queue_name: str, prefetch: int = 1, timeout: int = 1000
    ) -> "dramatiq.Consumer":
        """Consume a queue; `timeout` in milliseconds."""
        return _Consumer(self._queue(queue_name), timeout / 1000)

    def flush(self, queue_name: str) -> None:
        """Forget the messages of a queue."""
        messages = self._queue(queue_name)
        while not messages.empty():
            messages.get_nowait()

    def flush_all(self) -> None:
        """Forget every message."""
        for queue_name in self.queues:
            self.flush(queue_name)

    def waiting(self) -> int:
        """Count the messages that no worker has fetched."""
        return sum(messages.qsize() for messages in self.queues.values())

    def _queue(self, queue_name: str) -> "queue.Queue[dramatiq.Message]":
        try:
            found: queue.Queue[dramatiq.Message] = self.queues[queue_name]
        except KeyError:
            raise QueueNotFound(queue_name) from None
        return found


class _Consumer(dramatiq.Consumer):
    """Hands messages over one by one; once handed over they are forgotten here."""

    def __init__(self, messages: "queue.Queue[dramatiq.Message]", timeout_s: float) -> None:
        self._messages = messages
        self._timeout_s = timeout_s

    def __next__(self) -> dramatiq.MessageProxy | None:
        try:
            return dramatiq.MessageProxy(self._messages.get(timeout=self._timeout_s))
        except queue.Empty:
            return None

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Nothing is kept that could be removed."""

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Not even for dead letters: the job's row holds the error."""
        log.warning("message %s failed; its job is found again by the relay", message.message_id)


class BrokerBell:
    """Rings by message: one to the actor of each job's queue. A ring that fails costs seconds."""

    def __init__(
        self, store: Store, actors: "dict[str, dramatiq.Actor]", nudge: Callable[[], None]
    ) -> None:
        self._store = store
        self._actors = actors
        self._nudge = nudge

    def ring(self, job_ids: Sequence[str]) -> None:
        """Send the ids, in their order, to the workers; the relay looks for what else is due."""
        try:
            self.send(job_ids)
        except Exception:  # what was committed stays committed, and the relay finds it
            log.exception("%d jobs were not rung for; they start a little later", len(job_ids))
        self._nudge()

    def send(self, job_ids: Sequence[str]) -> None:
        """Send the ids, in their order, to the workers."""
        with self._store.reading() as connection:
            queues = jobs.queues_of(connection, job_ids)
        for job_id in job_ids:
            if job_id in queues:
                self._actors[queues[job_id]].send(job_id)
