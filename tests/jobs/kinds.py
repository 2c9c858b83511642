"""Kinds of jobs whose handlers are a line of a test."""

import threading
import time
from collections.abc import Callable
from typing import Any

from hub.jobs.worker import Worker
from hub.store.jobs import Handler, JobKind, Retry
from hub.store.unit_of_work import Store


def kind(handler: Handler, name: str = "route", **fields: Any) -> dict[str, JobKind]:
    made = JobKind(**{"name": name, "queue": "orders", "handler": handler, **fields})
    return {name: made}


def worker(store: Store, handler: Handler, boot_id: str = "boot1", **fields: Any) -> Worker:
    """A worker for one kind, whose dice always fall in the middle."""
    fields.setdefault("retry", Retry(base_s=10))
    return Worker(store, kind(handler, **fields), boot_id, chance=lambda: 0.5)


def wait_for(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for a condition, with a deadline."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        pause.wait(0.005)
