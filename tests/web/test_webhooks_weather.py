"""The database behind the webhooks is full, read-only, restarted, hanging or gone for an hour."""

import asyncio
import base64
import hashlib
import hmac
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event

from hub.records.policy import Policy
from hub.registry import load_plugins
from hub.sdk import SignatureError, WebhookRequest
from hub.services.context import Hub
from hub.services.intake.receive import keep, keep_each, open_letter
from hub.store import tables
from hub.store.connections import replace_secrets
from hub.store.engine import open_engines
from hub.store.unit_of_work import Store
from hub.web import webhooks
from hub.web.app import create_app
from tests.store.conftest import (
    KEYRING,
    SettableClock,
    _postgres_engines,
    clock,
    postgres_store,
    sqlite_store,
    store,
)
from tests.store.shop_rows import all_rows, connect
from tests.web.pg_proxy import Door

__all__ = ["_postgres_engines", "clock", "postgres_store", "sqlite_store", "store"]

SECRET = "bell-secret"


def hub_on(store: Store) -> Hub:
    registry = load_plugins(only=["offline"], modules=["tests.web.scripted_bell"])
    return Hub(store, registry, Policy(), lambda connection: None)  # type: ignore[arg-type,return-value]


def with_bell(store: Store) -> str:
    """Connect a bell and give its webhook token."""
    connect(store, connector="bell", secrets={"webhook_secret": SECRET})
    return hub_on(store).connection("NYC").hook_token


def intake_of(store: Store) -> Engine:
    """Give the engine that webhooks are written through."""
    assert store.engines.aside is not None
    return store.engines.aside.write


def letter(text: str, secret: str = SECRET) -> WebhookRequest:
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return WebhookRequest({"x-signature": base64.b64encode(mac).decode()}, text.encode())


class Bells:
    """The application of a hub in an event loop that lives as long as the test."""

    def __init__(self, hub: Hub, token: str) -> None:
        self._app, self._path = create_app(hub), f"/hooks/{token}"
        self._loop = asyncio.new_event_loop()

    def ring(self, *texts: str) -> list[int]:
        return self._loop.run_until_complete(self._ring(texts))

    async def _ring(self, texts: tuple[str, ...]) -> list[int]:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            calls = [self._post(client, letter(text)) for text in texts]
            return [answer.status_code for answer in await asyncio.gather(*calls)]

    async def _post(self, client: httpx.AsyncClient, given: WebhookRequest) -> httpx.Response:
        return await client.post(self._path, content=given.body, headers=dict(given.headers))

    def close(self) -> None:
        self._loop.close()


@contextmanager
def bells(store: Store, token: str) -> Iterator[Bells]:
    made = Bells(hub_on(store), token)
    yield made
    made.close()


@contextmanager
def every_connection(engine: Engine, statement: str) -> Iterator[None]:
    """Let every connection that is used run this first."""

    def run(driver: Any, *_rest: object) -> None:
        driver.execute(statement)

    engine.dispose()
    event.listen(engine, "connect", run, insert=False)
    try:
        yield
    finally:
        event.remove(engine, "connect", run)
        engine.dispose()


def kept(store: Store) -> set[str]:
    return {row.external_id for row in all_rows(store, tables.inbox)}


def test_a_full_disk_refuses_webhooks_for_now_and_recovers_by_itself(sqlite_store: Store) -> None:
    token = with_bell(sqlite_store)
    write = intake_of(sqlite_store)
    with bells(sqlite_store, token) as door:
        assert door.ring("before") == [200]
        with every_connection(write, "PRAGMA max_page_count=1"):
            # what still fits in free pages is kept; then the disk is full
            statuses = [door.ring(f"{number}-{'x' * 400}")[0] for number in range(40)]
            assert statuses[-1] == 503
            assert set(statuses) <= {200, 503}
            assert len(kept(sqlite_store)) == 1 + statuses.count(200), "reading goes on"
        assert door.ring("after") == [200]
    with write.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_read_only_database_refuses_webhooks_for_now(sqlite_store: Store) -> None:
    token = with_bell(sqlite_store)
    with bells(sqlite_store, token) as door:
        write = intake_of(sqlite_store)
        with every_connection(write, "PRAGMA query_only=ON"):
            assert door.ring("one", "two") == [503, 503]
        assert door.ring("one", "two") == [200, 200]
    assert kept(sqlite_store) == {"one", "two"}


@pytest.fixture
def door(postgres_store: Store) -> Iterator[Door]:
    """A door before the PostgreSQL server; unix sockets need a short path."""
    url = postgres_store.engines.write.url.set(drivername="postgresql")
    with tempfile.TemporaryDirectory(prefix="door") as folder:
        made = Door(Path(folder), url.render_as_string(hide_password=False))
        yield made
        made.let_go()
        made.slam()


def test_a_database_that_is_away_for_an_hour_refuses_webhooks_and_takes_them_again(
    postgres_store: Store, clock: SettableClock, door: Door
) -> None:
    token = with_bell(postgres_store)
    engines = open_engines(door.url)
    with bells(Store(engines, clock, KEYRING), token) as visible:
        assert visible.ring("before") == [200]
        door.slam()
        clock.advance(3600)
        began = time.perf_counter()
        assert visible.ring(*map(str, range(20))) == [503] * 20
        assert time.perf_counter() - began < webhooks.KEPT_WITHIN_S + 1
        door.open()
        assert visible.ring(*map(str, range(20))) == [200] * 20
    assert kept(postgres_store) == {"before", *map(str, range(20))}
    engines.dispose()


def test_a_database_that_was_restarted_between_two_webhooks_is_not_noticed(
    postgres_store: Store, clock: SettableClock, door: Door
) -> None:
    token = with_bell(postgres_store)
    engines = open_engines(door.url)
    with bells(Store(engines, clock, KEYRING), token) as visible:
        assert visible.ring("before") == [200]
        door.slam()
        door.open()
        assert visible.ring("after") == [200]
    engines.dispose()


def test_a_database_that_hangs_is_answered_for_within_two_seconds(
    postgres_store: Store, clock: SettableClock, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert webhooks.KEPT_WITHIN_S == 2.0
    monkeypatch.setattr(webhooks, "KEPT_WITHIN_S", 0.3)
    token = with_bell(postgres_store)
    engines = open_engines(door.url)
    with bells(Store(engines, clock, KEYRING), token) as visible:
        assert visible.ring("before") == [200]
        door.hold()
        began = time.perf_counter()
        assert visible.ring(*map(str, range(30))) == [503] * 30
        assert time.perf_counter() - began < 2
        door.let_go()
        monkeypatch.undo()
        assert visible.ring(*map(str, range(30))) == [200] * 30
    assert len(kept(postgres_store)) == 31
    engines.dispose()


def test_two_processes_keep_the_same_webhooks_once(store: Store) -> None:
    token, hub = with_bell(store), hub_on(store)
    letters = [open_letter(hub, token, letter(f"{number}")) for number in range(60)]
    counted: list[int] = []

    def work(order: int) -> None:
        mine = letters[::order]
        for start in range(0, 60, 10):
            counted.append(sum(keep(hub, mine[start : start + 10])))

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(counted) == 60
    assert len(all_rows(store, tables.inbox)) == len(all_rows(store, tables.job)) == 60


def test_one_that_spoils_a_group_is_told_and_the_others_are_kept(store: Store) -> None:
    token, hub = with_bell(store), hub_on(store)
    good = [open_letter(hub, token, letter(text)) for text in ("1", "2")]
    stray = type(good[0])("no-such-connection", good[0].deliveries, b"")
    first, failed, second = keep_each(hub, [good[0], stray, good[1]])
    assert (first, second) == (1, 1)
    assert isinstance(failed, Exception)
    assert kept(store) == {"1", "2"}


def test_a_renewed_secret_leaves_the_old_one_good_for_two_days(
    store: Store, clock: SettableClock
) -> None:
    token, hub = with_bell(store), hub_on(store)
    with store.unit_of_work() as unit:
        replace_secrets(unit, hub.connection("NYC").id, {"webhook_secret": "renewed"})
    for secret in (SECRET, "renewed"):
        assert open_letter(hub, token, letter("1", secret)).deliveries
    clock.advance(48 * 3600)
    with pytest.raises(SignatureError):
        open_letter(hub, token, letter("1", SECRET))
    assert open_letter(hub, token, letter("1", "renewed")).deliveries


def test_bodies_that_still_wait_for_a_hanging_database_are_counted(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may send them: the check of a signature is what they wait for."""
    wakes, submitted, submit = threading.Event(), [], webhooks.Lanes.submit

    def count(lanes: Any, key: str, work: Any) -> Any:
        submitted.append(key)
        return submit(lanes, key, work)

    def hang(*given: Any) -> Any:
        wakes.wait(10)
        raise SignatureError("nobody knows whom to ask")

    monkeypatch.setattr(webhooks, "open_letter", hang)
    monkeypatch.setattr(webhooks.Lanes, "submit", count)
    monkeypatch.setattr(webhooks, "KEPT_WITHIN_S", 0.1)
    monkeypatch.setattr(webhooks, "MOST_IN_HAND", 5_000)
    with bells(sqlite_store, with_bell(sqlite_store)) as bell:
        assert bell.ring(*["x" * 1000] * 4) == [503] * 4
        assert bell.ring(*["x" * 1000] * 4) == [503] * 4
        assert len(submitted) == 5, "there was room for one more"
        wakes.set()
        until = time.monotonic() + 5
        while bell.ring("x" * 4000) != [401] and time.monotonic() < until:
            time.sleep(0.01)
        assert bell.ring("x" * 4000) == [401], "what they held is free again"
