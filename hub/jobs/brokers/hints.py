"""What every broker promises: a message is a hint, it may be lost or doubled, and nothing waits.

The database remembers (law 4), so a message that was handed over is forgotten at once. There are no
acknowledgements to lose, no dead letters, no delays and no middleware: the job's row decides all.
"""

import logging
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence

import dramatiq

MOST_MESSAGES = 10_000
"""Per queue. Workers that are so far behind need no further reminder."""

log = logging.getLogger(__name__)


class BrokerAwayError(RuntimeError):
    """The messages could not be sent; their jobs stay due and the relay sends again."""


class HintBroker(dramatiq.Broker):
    """Queues of hints, bounded; what does not fit is dropped and counted."""

    def __init__(self) -> None:
        super().__init__(middleware=[])
        self.dropped = 0
        """Hints that found their queue full."""
        self.foreign = 0
        """Messages that nobody here understands."""
        self.left: list[str] = []
        """Jobs whose hints were fetched here and given back unused."""
        self.closing = threading.Event()
        """Set when workers are about to stop: nothing more is handed over."""
        self.closed = threading.Event()
        """Set when this process is done with the broker."""

    def declare_queue(self, queue_name: str) -> None:
        """Open a queue; there is no queue for delayed messages beside it."""
        if queue_name in self.queues:
            return
        self.emit_before("declare_queue", queue_name)
        self.queues[queue_name] = self.open_queue(queue_name)
        self.emit_after("declare_queue", queue_name)

    def enqueue(
        self, message: "dramatiq.Message", *, delay: int | None = None
    ) -> "dramatiq.Message":
        """Queue one message; raises `BrokerAwayError`."""
        if delay is not None:
            raise ValueError("due times are rows in the database; a message does not wait")
        self.enqueue_many([message])
        return message

    def flush_all(self) -> None:
        """Forget every message."""
        for queue_name in self.queues:
            self.flush(queue_name)

    def close(self) -> None:
        """Be done with it."""
        self.closed.set()

    def open_queue(self, queue_name: str) -> object:
        """Make what stands for a queue in this process."""
        return queue_name

    @abstractmethod
    def enqueue_many(self, messages: Sequence["dramatiq.Message"]) -> None:
        """Queue messages in one go, in their order; raises `BrokerAwayError`."""

    @abstractmethod
    def waiting(self) -> int:
        """Count the messages that no worker has fetched."""

    @abstractmethod
    def trouble(self) -> str:
        """Say why no message can be sent at present; empty when all is well."""

    @abstractmethod
    def call_relay(self) -> None:
        """Tell relays in other processes that something may have become possible; best effort."""

    @abstractmethod
    def hear_calls(self, nudge: Callable[[], None], stopping: threading.Event) -> None:
        """Pass the calls of other processes on until `stopping`; for a thread of its own."""


class HintConsumer(dramatiq.Consumer):
    """Hands messages over; once handed over they are forgotten by the broker."""

    def __init__(self, broker: HintBroker, timeout_s: float) -> None:
        self.broker = broker
        self.timeout_s = timeout_s

    def __next__(self) -> dramatiq.MessageProxy | None:
        if self.broker.closing.is_set():
            self.broker.closed.wait(self.timeout_s)
            return None
        return self.fetch()

    @abstractmethod
    def fetch(self) -> dramatiq.MessageProxy | None:
        """Wait for a message, at most `timeout_s`."""

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Nothing is kept that could be removed."""

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Not even for dead letters: the job's row holds the error."""
        log.warning("message %s failed; its job is found again by the relay", message.message_id)
        self.ack(message)

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Note what nobody began: its job is told of again, to whoever has time."""
        self.broker.left += [message.args[0] for message in messages]
