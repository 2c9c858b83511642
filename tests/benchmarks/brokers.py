"""The brokers alone: how soon a message starts an idle worker, and how many a second, beside stock.

    python -m tests.benchmarks.brokers

Actors do nothing. Stock is Dramatiq's own RedisBroker with its defaults, on the same Valkey, in the
same run; four threads each.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import dramatiq
from dramatiq.brokers.redis import RedisBroker as StockBroker

from hub.jobs.actors import declare_actors
from hub.jobs.brokers import EmbeddedBroker, RedisBroker
from tests.benchmarks.machine import about_machine
from tests.valkey import ValkeyServer

THREADS = 4
STARTS, MESSAGES = 20, 4000
_PAUSE_S = 1.0
"""Between two starts, so that the worker is idle again and whoever sleeps, sleeps."""


class _Arrivals:
    """When actors began."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0
        self.last = 0.0

    def begin(self, *_job: str) -> None:
        now = time.perf_counter()
        with self._changed:
            self.count += 1
            self.last = now
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.count >= count, 120):
                raise TimeoutError(f"{self.count} of {count} messages arrived")


@contextmanager
def _worker(broker: dramatiq.Broker) -> Iterator[None]:
    worker = dramatiq.Worker(broker, worker_threads=THREADS)
    worker.start()
    try:
        yield
    finally:
        worker.stop(timeout=5000)
        broker.close()


def _starts_ms(broker: dramatiq.Broker, send: Callable[[str], Any], seen: _Arrivals) -> list[float]:
    waits = []
    with _worker(broker):
        for number in range(STARTS):
            time.sleep(_PAUSE_S)
            sent = time.perf_counter()
            send(str(number))
            seen.wait_for(number + 1)
            waits.append((seen.last - sent) * 1000)
    return waits


def _per_thread_s(
    broker: dramatiq.Broker, fill: Callable[[list[str]], Any], seen: _Arrivals
) -> float:
    """Work a backlog off; messages a second and thread."""
    fill([str(number) for number in range(MESSAGES)])
    started = time.perf_counter()
    with _worker(broker):
        seen.wait_for(MESSAGES)
        return MESSAGES / (time.perf_counter() - started) / THREADS


def _measured(
    make: Callable[[_Arrivals], tuple[dramatiq.Broker, dramatiq.Actor]],
) -> dict[str, float]:
    seen = _Arrivals()
    broker, actor = make(seen)
    waits = _starts_ms(broker, actor.send, seen)
    seen = _Arrivals()
    broker, actor = make(seen)
    rate = _per_thread_s(broker, _filler(broker, actor), seen)
    return {
        "idle_start_ms_p50": round(median(waits), 2),
        "idle_start_ms_p95": round(quantiles(waits, n=20)[18], 2),
        "messages_per_second_and_thread": round(rate),
    }


def _filler(broker: Any, actor: dramatiq.Actor) -> Callable[[list[str]], Any]:
    if isinstance(broker, StockBroker):
        return lambda ids: [actor.send(id) for id in ids]
    return lambda ids: broker.enqueue_many([actor.message(id) for id in ids])


def _stock(url: str) -> Callable[[_Arrivals], tuple[dramatiq.Broker, dramatiq.Actor]]:
    def make(seen: _Arrivals) -> tuple[dramatiq.Broker, dramatiq.Actor]:
        broker = StockBroker(url=url, namespace=f"stock-{uuid4().hex}")
        return broker, dramatiq.actor(seen.begin, broker=broker, queue_name="orders")

    return make


def _ours(
    made: Callable[[], dramatiq.Broker],
) -> Callable[[_Arrivals], tuple[dramatiq.Broker, dramatiq.Actor]]:
    def make(seen: _Arrivals) -> tuple[dramatiq.Broker, dramatiq.Actor]:
        broker = made()
        return broker, declare_actors(broker, seen.begin)["orders"]

    return make


def measure(url: str) -> dict[str, Any]:
    """Give each broker's figures, and ours as ratios to stock."""
    figures = {
        "stock": _measured(_stock(url)),
        "redis": _measured(_ours(lambda: RedisBroker(url, f"hub-{uuid4().hex}"))),
        "embedded": _measured(_ours(lambda: EmbeddedBroker(most_messages=MESSAGES))),
    }
    stock = figures["stock"]
    ratios = {
        f"{name}_{figure}_to_stock": round(figures[name][figure] / stock[figure], 4)
        for name in ("redis", "embedded")
        for figure in stock
    }
    return {"threads": THREADS, "figures": figures, "ratios": ratios}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(Path(folder)) as server:
        print(json.dumps({"about": about_machine(), **measure(server.url)}, indent=2))
