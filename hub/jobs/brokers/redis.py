"""The broker on Redis or Valkey: lists that wake whoever waits at them, hints in pipelines.

Dramatiq's own sleeps between looks (hundreds of milliseconds), and keeps unacknowledged messages
that come back after minutes by comparing the clocks of hosts. Here a consumer blocks in Redis until
a hint comes, and fetching is forgetting: a hint that dies with its worker is sent again by the
relay, long before any heartbeat would run out. Needs Redis 7 or any Valkey (BLMPOP).
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import dramatiq
import redis
from dramatiq.errors import DecodeError, QueueNotFound
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.jobs.brokers.hints import MOST_MESSAGES, BrokerAwayError, HintBroker, HintConsumer

CONNECT_WITHIN_S, ANSWER_WITHIN_S = 1.0, 5.0
TRY_AGAIN_S = 1.0
"""So long nobody asks a Redis that is away: a commit must not wait for it."""

log = logging.getLogger(__name__)


class RedisBroker(HintBroker):
    """The broker of a hub in many processes; `url` may carry a password, so it is never shown."""

    def __init__(self, url: str, namespace: str, most_messages: int = MOST_MESSAGES) -> None:
        super().__init__()
        self.client = redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_WITHIN_S, socket_timeout=ANSWER_WITHIN_S,
            retry=Retry(NoBackoff(), 0),  # a command is not repeated blindly: its answer got lost
        )  # fmt: skip
        self._namespace = namespace
        self._most = most_messages
        self._away_until = 0.0

    def key(self, queue_name: str) -> str:
        """Name the list of a queue."""
        return f"{self._namespace}:{queue_name}"

    def enqueue_many(self, messages: Sequence["dramatiq.Message"]) -> None:
        """Queue messages in one round trip; what is too much for a queue is dropped."""
        if time.monotonic() < self._away_until:
            raise BrokerAwayError("Redis did not answer a moment ago")
        by_queue: dict[str, list[bytes]] = {}
        for message in messages:
            by_queue.setdefault(message.queue_name, []).append(message.encode())
        try:
            with self.client.pipeline(transaction=False) as pipe:
                for queue_name, encoded in by_queue.items():
                    pipe.rpush(self.key(queue_name), *encoded)
                    pipe.ltrim(self.key(queue_name), 0, self._most - 1)
                lengths = pipe.execute()[::2]
        except redis.RedisError as error:
            self.note_trouble(error)
            raise BrokerAwayError(_told(error)) from error
        self.note_trouble(None)
        self.dropped += sum(max(0, length - self._most) for length in lengths)

    def consume(
        self, queue_name: str, prefetch: int = 1, timeout: int = 1000
    ) -> "dramatiq.Consumer":
        """Consume a queue; `timeout` in milliseconds."""
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)
        return _Consumer(self, self.key(queue_name), prefetch, timeout / 1000)

    def flush(self, queue_name: str) -> None:
        """Forget the messages of a queue."""
        self.client.delete(self.key(queue_name))

    def waiting(self) -> int:
        """Count the messages that no worker has fetched."""
        return sum(int(self.client.llen(self.key(name))) for name in self.queues)

    def trouble(self) -> str:
        """Say why Redis cannot be used at present; empty when it can."""
        try:
            self.client.ping()
        except redis.RedisError as error:
            return f"Redis does not answer ({_told(error)}); work starts late"
        return ""

    def call_relay(self) -> None:
        """Publish that something may have become possible; a call that is lost costs a second."""
        if time.monotonic() < self._away_until:
            return
        try:
            self.client.publish(self.key("relay"), b"")
        except redis.RedisError as error:
            self.note_trouble(error)

    def hear_calls(self, nudge: Callable[[], None], stopping: threading.Event) -> None:
        """Listen for the calls of other processes until `stopping`."""
        while not stopping.is_set():
            try:
                with self.client.pubsub(ignore_subscribe_messages=True) as calls:
                    calls.subscribe(self.key("relay"))
                    while not stopping.is_set():
                        if calls.get_message(timeout=TRY_AGAIN_S) is not None:
                            nudge()
            except redis.RedisError as error:
                self.note_trouble(error)
                stopping.wait(TRY_AGAIN_S)

    def close(self) -> None:
        """Let go of every connection."""
        super().close()
        self.client.close()

    def read(self, encoded: bytes) -> "dramatiq.Message | None":
        """Decode a message; one that is foreign or broken is counted and dropped, alone."""
        try:
            message = dramatiq.Message.decode(encoded)
        except (DecodeError, TypeError, ValueError):
            message = None
        if message is None or message.actor_name not in self.actors:
            self.foreign += 1
            log.warning("a message that is not this hub's was dropped")
            return None
        return message

    def note_trouble(self, error: redis.RedisError | None) -> None:
        """Say once that Redis is away, and once that it is back."""
        if error is None:
            if self._away_until:
                self._away_until = 0.0
                log.warning("Redis is back")
            return
        if not self._away_until:
            log.warning("Redis is away, work is found by the relay alone: %s", _told(error))
        self._away_until = time.monotonic() + TRY_AGAIN_S


class _Consumer(HintConsumer):
    """Blocks in Redis for hints; holds no more than `prefetch`, so that other workers get theirs.

    It fetches anew when half of them are done: one round trip then brings several.
    """

    broker: RedisBroker

    def __init__(self, broker: RedisBroker, key: str, prefetch: int, timeout_s: float) -> None:
        super().__init__(broker, timeout_s)
        self._key = key
        self._prefetch = prefetch
        self._fetched: deque[bytes] = deque()
        self._unfinished = 0
        self._room = threading.Condition()

    def fetch(self) -> dramatiq.MessageProxy | None:
        if not self._fetched:
            self._fetched.extend(self._ask())
        while self._fetched:
            message = self.broker.read(self._fetched.popleft())
            if message is not None:
                with self._room:
                    self._unfinished += 1
                return dramatiq.MessageProxy(message)
        return None

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Make room for another; Redis has forgotten this one long ago."""
        with self._room:
            self._unfinished -= 1
            self._room.notify()

    def close(self) -> None:
        """Note what was fetched last, as any other message that nobody began."""
        messages = [self.broker.read(encoded) for encoded in self._fetched]
        self._fetched.clear()
        self.requeue(dramatiq.MessageProxy(message) for message in messages if message)

    def _ask(self) -> list[bytes]:
        with self._room:
            half_done = self._room.wait_for(
                lambda: self._unfinished <= self._prefetch // 2, self.timeout_s
            )
            room = self._prefetch - self._unfinished
        if not half_done:
            return []
        try:
            found: Any = self.broker.client.blmpop(
                self.timeout_s, 1, self._key, direction="LEFT", count=room
            )
        except redis.RedisError as error:
            self.broker.note_trouble(error)
            self.broker.closing.wait(TRY_AGAIN_S)
            return []
        self.broker.note_trouble(None)
        return found[1] if found else []


def _told(error: redis.RedisError) -> str:
    return f"{type(error).__name__}: {error}"[:200]
