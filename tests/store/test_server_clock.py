"""On PostgreSQL the server's clock is everybody's: a host with a wrong clock does no harm."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text

from hub.store import server_clock
from hub.store.engine import Engines, open_engines
from hub.store.server_clock import ServerClock


@pytest.fixture
def engines(postgres: str) -> Iterator[Engines]:
    engines = open_engines(postgres)
    yield engines
    engines.dispose()


def at_the_server(engines: Engines) -> datetime:
    with engines.read.connect() as connection:
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now


def test_it_tells_the_servers_time_whatever_this_host_believes(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    clock = ServerClock(engines)
    assert abs(clock() - at_the_server(engines)) < timedelta(seconds=1)
    assert clock().utcoffset() == timedelta(0)


def test_it_runs_on_by_itself_and_asks_again_after_a_minute(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    event.listen(engines.read, "before_cursor_execute", lambda *given: asked.append(given[2]))
    clock, real = ServerClock(engines), time.monotonic
    first = clock()
    monkeypatch.setattr(server_clock.time, "monotonic", lambda: real() + 30)
    assert timedelta(seconds=29) < clock() - first < timedelta(seconds=40)
    assert len(asked) == 1
    monkeypatch.setattr(server_clock.time, "monotonic", lambda: real() + 90)
    assert abs(clock() - at_the_server(engines)) < timedelta(seconds=5)
    assert len([statement for statement in asked if "clock_timestamp()" in statement]) >= 2


def test_a_server_that_is_away_does_not_stop_it(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, real = ServerClock(engines), time.monotonic
    first = clock()
    engines.dispose()
    monkeypatch.setattr(engines.read, "connect", refused)
    monkeypatch.setattr(server_clock.time, "monotonic", lambda: real() + 90)
    assert timedelta(seconds=89) < clock() - first < timedelta(seconds=100)


def refused() -> None:
    from sqlalchemy.exc import OperationalError

    raise OperationalError("SELECT 1", None, OSError("connection refused"))
