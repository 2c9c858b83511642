"""`/metrics` for Prometheus: for this machine, or for whoever has the token."""

import asyncio
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.reports.figures import Figures, figures, news
from hub.services.context import Hub
from hub.web.local import is_local
from hub.web.signin import Door

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

GAUGES: dict[str, str] = {
    "jobs": "Jobs by state.",
    "jobs_owed": "Jobs that are not over, by state and kind.",
    "quarantine": "Records kept aside, by connection.",
    "effects": "Calls that spend and are not settled, by state and connection.",
    "desired_open": "Values a channel does not show yet, by connection and field.",
    "incidents_open": "Troubles that have not healed, by connection and kind.",
    "breaker_open": "1 where a vendor kept failing and is left alone, by connection.",
    "crash_loops": "Jobs that kept killing their process and were given up, ever.",
    "connection_up": "1 where the hub may and can use a connection, else 0.",
}
"""Figures read from the database at each scrape: name → what it means."""


class Metrics:
    """Counts what happened since this process began, and reads what stands in the database."""

    def __init__(
        self, hub: Hub, relay_pass: Callable[[], datetime | None] | None, answers: Tally[int],
        door: Door,
    ) -> None:  # fmt: skip
        self._hub = hub
        self._door = door
        self._told_until = hub.store.clock()
        self._lock = threading.Lock()
        self.registry = CollectorRegistry()
        self.registry.register(_Standing(hub, relay_pass, answers))
        self._attempts = Counter(
            "hub_attempts", "Attempts that ended.",
            ("kind", "transition", "error_class", "outcome"),
            registry=self.registry,
        )  # fmt: skip
        self._calls = Histogram(
            "hub_vendor_call_seconds", "Calls to vendors.", ("connection", "outcome"),
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._dispatch = Histogram(
            "hub_dispatch_seconds", "From the instant a job was due to its first line.", ("queue",),
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip

    async def scrape(self, request: Request) -> Response:
        """Answer a scraper."""
        if not is_local(request) and not self._door.knows(request):
            return PlainTextResponse("from this machine, or with the token as bearer\n", 403)
        text = await asyncio.to_thread(self.text)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def text(self) -> bytes:
        """Give all figures in Prometheus' text form."""
        with self._lock:
            self._catch_up()
            return generate_latest(self.registry)

    def _catch_up(self) -> None:
        """Count what ended since the last look."""
        with self._hub.store.reading() as database:
            new = news(database, self._told_until, self._hub.store.clock())
        self._told_until = new.until
        for kind, transition, error_class, outcome in new.attempts:
            self._attempts.labels(kind, transition, error_class, outcome).inc()
        for connection, outcome, seconds in new.calls:
            self._calls.labels(connection, outcome).observe(seconds)
        for queue, seconds in new.dispatches:
            self._dispatch.labels(queue).observe(seconds)


class _Standing(Collector):
    """What stands in the database at this moment, and what this process counted itself."""

    def __init__(
        self, hub: Hub, relay_pass: Callable[[], datetime | None] | None, answers: Tally[int]
    ) -> None:
        self._hub = hub
        self._relay_pass = relay_pass
        self._answers = answers

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance: registering must not need the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read the figures."""
        now = self._hub.store.clock()
        with self._hub.store.reading() as database:
            found = figures(database, self._hub.registry.connectors, now)
        yield from _tables(found)
        yield _one("hub_oldest_ready_seconds", "Age of the job that has been due longest.",
                   found.oldest_ready_s)  # fmt: skip
        if self._relay_pass is not None:
            looked = self._relay_pass()
            age = (now - looked).total_seconds() if looked else float("nan")
            yield _one("hub_relay_pass_age_seconds", "Since the relay last looked for work.", age)
        hooks = GaugeMetricFamily(
            "hub_webhooks_answered", "Webhooks by the status they were answered with, in this "
            "process.", labels=("status",),
        )  # fmt: skip
        for status, count in sorted(self._answers.items()):
            hooks.add_metric((str(status),), count)
        yield hooks


def _tables(found: Figures) -> Iterator[Metric]:
    for name, table in found.tables.items():
        family = GaugeMetricFamily(f"hub_{name}", GAUGES[name], labels=table.labels)
        for values, number in table.rows:
            family.add_metric(values, number)
        yield family


def _one(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)
