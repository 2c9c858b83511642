"""The stores of tests/store and the brokers, for the engine."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from hub.jobs.brokers import EmbeddedBroker, HintBroker, RedisBroker
from tests.store.conftest import (
    _postgres_engines,
    clock,
    postgres_store,
    sqlite_store,
    store,
)

__all__ = ["_postgres_engines", "clock", "postgres_store", "sqlite_store", "store"]

MOST = 10
"""Hints per queue in tests of a full one."""


@pytest.fixture
def embedded_broker() -> EmbeddedBroker:
    """A broker in memory."""
    return EmbeddedBroker(most_messages=MOST)


@pytest.fixture
def redis_broker(valkey: str) -> Iterator[RedisBroker]:
    """A broker on a real server, with keys of its own."""
    broker = RedisBroker(valkey, f"test-{uuid4().hex}", most_messages=MOST)
    yield broker
    broker.flush_all()
    broker.close()


@pytest.fixture(params=["embedded", "redis"])
def broker(request: pytest.FixtureRequest) -> HintBroker:
    """Each broker in turn: both promise the same."""
    made: HintBroker = request.getfixturevalue(f"{request.param}_broker")
    return made
