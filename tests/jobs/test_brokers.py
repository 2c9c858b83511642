"""What both brokers promise: prompt hints that are forgotten when handed over, and nothing else."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq
import pytest
from dramatiq.errors import QueueNotFound

from hub.jobs.actors import declare_actors
from hub.jobs.brokers import EmbeddedBroker, HintBroker, RedisBroker, choose_broker
from hub.jobs.brokers.hints import BrokerAwayError
from tests.jobs.conftest import MOST
from tests.jobs.kinds import wait_for
from tests.valkey import ValkeyServer

Actors = dict[str, dramatiq.Actor]


def nobody(job_id: str, thread: str) -> None:
    """Run nothing."""


@contextmanager
def crew(broker: HintBroker, run: object, threads: int = 2) -> Iterator[Actors]:
    """Workers on a broker, without an engine."""
    actors = declare_actors(broker, run)  # type: ignore[arg-type]
    workers = dramatiq.Worker(broker, worker_timeout=100, worker_threads=threads)
    workers.start()
    try:
        yield actors
    finally:
        broker.closing.set()
        workers.stop(timeout=2000)


def hints(actors: Actors, *job_ids: str, queue: str = "orders") -> list[dramatiq.Message]:
    return [actors[queue].message(job_id) for job_id in job_ids]


# --- the promises of both -------------------------------------------------------------------------


def test_a_hint_comes_to_a_waiting_worker_at_once(broker: HintBroker) -> None:
    ran: list[tuple[str, float]] = []
    with crew(broker, lambda job_id, thread: ran.append((job_id, time.perf_counter()))) as actors:
        waits = []
        for n in range(10):
            sent = time.perf_counter()
            actors["orders"].send(str(n))
            wait_for(lambda n=n: len(ran) > n)
            waits.append(ran[n][1] - sent)
    assert [job_id for job_id, _ in ran] == [str(n) for n in range(10)]
    # milliseconds on an idle machine; stock Dramatiq sleeps for hundreds
    assert sorted(waits)[5] < 0.05


def test_hints_sent_together_keep_their_order(broker: HintBroker) -> None:
    ran: list[str] = []
    with crew(broker, lambda job_id, thread: ran.append(job_id), threads=1) as actors:
        broker.enqueue_many(hints(actors, *"abcdefgh"))
        wait_for(lambda: len(ran) == 8)
    assert ran == list("abcdefgh")


def test_what_is_handed_over_is_forgotten_even_when_it_fails(broker: HintBroker) -> None:
    actors = declare_actors(broker, nobody)
    broker.enqueue_many(hints(actors, "done", "failed"))
    consumer = broker.consume("orders", prefetch=2, timeout=50)
    first, second = next(consumer), next(consumer)
    assert first is not None and second is not None
    consumer.ack(first)
    consumer.nack(second)
    assert next(consumer) is None
    assert broker.waiting() == 0


def test_a_full_queue_drops_and_counts_instead_of_growing(broker: HintBroker) -> None:
    actors = declare_actors(broker, nobody)
    for n in range(MOST + 15):
        actors["orders"].send(str(n))
    assert (broker.waiting(), broker.dropped) == (MOST, 15)
    broker.flush_all()
    assert broker.waiting() == 0


def test_there_is_no_middleware_and_no_queue_for_late_messages(broker: HintBroker) -> None:
    actors = declare_actors(broker, nobody)
    assert broker.middleware == [] and broker.get_declared_delay_queues() == set()
    assert list(actors) == ["intake", "orders", "stock", "money", "bulk", "maintenance"]
    with pytest.raises(ValueError, match="does not wait"):
        broker.enqueue(actors["orders"].message("job"), delay=5)
    with pytest.raises(QueueNotFound):
        broker.consume("elsewhere")


def test_a_closing_broker_hands_nothing_more_over(broker: HintBroker) -> None:
    actors = declare_actors(broker, nobody)
    consumer = broker.consume("orders", timeout=10)
    broker.enqueue_many(hints(actors, "job"))
    broker.closing.set()
    assert next(consumer) is None
    assert broker.waiting() == 1


def test_what_was_fetched_and_not_begun_is_noted(broker: HintBroker) -> None:
    actors = declare_actors(broker, nobody)
    broker.enqueue_many(hints(actors, "one", "two"))
    consumer = broker.consume("orders", prefetch=2, timeout=50)
    message = next(consumer)
    assert message is not None
    consumer.requeue([message])
    consumer.close()
    fetched = ["one", "two"][: 2 - broker.waiting()]
    assert broker.left == fetched


# --- Redis alone ----------------------------------------------------------------------------------


def test_a_consumer_takes_no_more_than_it_may_hold(redis_broker: RedisBroker) -> None:
    actors = declare_actors(redis_broker, nobody)
    redis_broker.enqueue_many(hints(actors, *"abcdefgh"))
    consumer = redis_broker.consume("orders", prefetch=4, timeout=20)
    held = [next(consumer) for _ in range(5)]
    assert held[4] is None and redis_broker.waiting() == 4
    for message in held[:2]:
        assert message is not None
        consumer.ack(message)
    assert next(consumer) is not None and redis_broker.waiting() == 2


@pytest.mark.parametrize("litter", [b"\xff not a message", b"[1]", b"{}", b"null"])
def test_a_foreign_message_is_dropped_alone(redis_broker: RedisBroker, litter: bytes) -> None:
    actors = declare_actors(redis_broker, nobody)
    redis_broker.enqueue_many(hints(actors, "before"))
    redis_broker.client.rpush(redis_broker.key("orders"), litter)
    redis_broker.enqueue_many(hints(actors, "after"))
    consumer = redis_broker.consume("orders", prefetch=8, timeout=20)
    got = [next(consumer), next(consumer)]
    assert [message.args[0] for message in got if message] == ["before", "after"]
    assert redis_broker.foreign == 1


def test_two_hubs_on_one_server_do_not_meet(redis_broker: RedisBroker, valkey: str) -> None:
    other = RedisBroker(valkey, "test-other")
    declare_actors(other, nobody)
    actors = declare_actors(redis_broker, nobody)
    redis_broker.enqueue_many(hints(actors, "job"))
    assert (redis_broker.waiting(), other.waiting()) == (1, 0)
    other.close()


def test_a_call_for_the_relay_reaches_another_process(
    redis_broker: RedisBroker, valkey: str
) -> None:
    heard, stopping = threading.Event(), threading.Event()
    relay = RedisBroker(valkey, redis_broker.key("").rstrip(":"))
    ear = threading.Thread(target=relay.hear_calls, args=(heard.set, stopping))
    ear.start()
    for _ in range(100):  # a call before the ear is open is lost, as promised
        redis_broker.call_relay()
        if heard.wait(0.05):
            break
    stopping.set()
    ear.join()
    relay.close()
    assert heard.is_set()


def test_a_server_that_is_away_is_told_of_once_and_asked_again(
    own_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    broker, ran = RedisBroker(own_valkey.url, "hub"), []
    with crew(broker, lambda job_id, thread: ran.append(job_id)) as actors:
        assert broker.trouble() == ""
        own_valkey.kill()
        for _ in range(3):
            with pytest.raises(BrokerAwayError):
                actors["orders"].send("lost")
        broker.call_relay()
        assert "Redis does not answer" in broker.trouble()
        own_valkey.start()
        wait_for(lambda: broker.trouble() == "")
        wait_for(lambda: "Redis is back" in caplog.text)
        actors["orders"].send("found")
        wait_for(lambda: ran == ["found"])
    assert "unexpected error" not in caplog.text
    broker.close()


def test_a_full_server_refuses_and_says_so(own_valkey: ValkeyServer) -> None:
    broker = RedisBroker(own_valkey.url, "hub")
    actors = declare_actors(broker, nobody)
    own_valkey.client.config_set("maxmemory", "1")
    with pytest.raises(BrokerAwayError, match="OutOfMemory|OOM"):
        actors["orders"].send("job")
    broker.close()


def test_no_message_and_no_error_shows_the_password_of_the_server() -> None:
    broker = RedisBroker("redis://:canary-pass-77@127.0.0.1:1/0", "hub")
    actors = declare_actors(broker, nobody)
    with pytest.raises(BrokerAwayError) as refused:
        actors["orders"].send("job")
    assert "canary-pass-77" not in f"{refused.value} {broker.trouble()} {broker!r}"
    broker.close()


def test_the_settings_choose_the_broker(valkey: str) -> None:
    assert isinstance(choose_broker("", "hub"), EmbeddedBroker)
    chosen = choose_broker(valkey, "hub")
    assert isinstance(chosen, RedisBroker)
    chosen.close()
    with pytest.raises(ValueError, match="scheme"):
        choose_broker("nonsense", "hub")
