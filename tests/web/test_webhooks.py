"""Webhooks through the application itself: repeated, oversized, slow, in floods, and well."""

import asyncio
import resource
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from hub.sdk import Delivery, SignatureError
from hub.services.intake.receive import LONGEST_NAME, MOST_TOLD
from hub.store import tables
from hub.testing.world import World
from hub.web import webhooks
from hub.web.app import create_app
from tests.web.ringing import Ring, ask, hub_with_shops, kept, order_changed, path, signature


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("web")
    with hub_with_shops(folder, module_database_url, "NYC", "LON") as world:
        yield world


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.hub)


def ring(app: FastAPI, one: Ring) -> int:
    answer = ask(app, one.by)
    assert answer.content == b"", "every answer is empty"
    return int(answer.status_code)


def ring_all(app: FastAPI, rings: list[Ring]) -> list[int]:
    async def all_at_once(client: httpx.AsyncClient) -> list[int]:
        answers = await asyncio.gather(*(one.by(client) for one in rings))
        return [answer.status_code for answer in answers]

    statuses: list[int] = ask(app, all_at_once)
    return statuses


def signed(one: Ring, body: bytes) -> Ring:
    return one.but(body=body).with_header("x-wc-webhook-signature", signature(body))


def doorbells(world: World) -> int:
    return len(world.rows(tables.job, kind="ingest_delivery"))


def test_a_signed_webhook_is_kept_and_answered_with_nothing(world: World, app: FastAPI) -> None:
    before = kept(world)
    assert ring(app, order_changed(world)) == 200
    assert kept(world) == before + 1
    assert [job.kind for job in world.rows(tables.job, state="ready")] == ["ingest_delivery"]
    world.run()
    assert {row.state for row in world.rows(tables.inbox)} == {"applied"}


def test_the_same_webhook_forty_times_is_kept_once(world: World, app: FastAPI) -> None:
    told, before, jobs = order_changed(world, 40), kept(world), doorbells(world)
    assert {ring(app, told) for _ in range(40)} == {200}
    assert (kept(world), doorbells(world)) == (before + 1, jobs + 1)
    world.run()
    world.clock.now += timedelta(days=1)
    assert ring(app, told) == 200, "a day late is no other webhook"
    assert (kept(world), doorbells(world)) == (before + 1, jobs + 1)


def test_two_hundred_copies_at_once_are_kept_once(world: World, app: FastAPI) -> None:
    told, before, jobs = order_changed(world, 200), kept(world), doorbells(world)
    assert ring_all(app, [told] * 200) == [200] * 200
    assert (kept(world), doorbells(world)) == (before + 1, jobs + 1)


def test_two_events_of_one_second_share_a_delivery_id_and_are_both_kept(
    world: World, app: FastAPI
) -> None:
    before = kept(world)
    paid, shipped = order_changed(world, 44), order_changed(world, 44, "completed")
    assert ring_all(app, [paid, shipped]) == [200, 200]
    assert kept(world) == before + 2


def test_a_flood_is_kept_whole_and_leaves_nothing_in_hand(world: World) -> None:
    app = create_app(world.hub)
    padding = ", " + '"note": "' + "x" * 4000 + '"}'
    flood = [order_changed(world, 10_000 + number) for number in range(1000)]
    flood = [signed(one, one.body[:-1] + padding.encode()) for one in flood]
    before = kept(world)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start in range(0, len(flood), 250):
        assert set(ring_all(app, flood[start : start + 250])) == {200}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    assert kept(world) == before + 1000
    assert grown < 50_000, "kibibytes"


def test_more_than_can_be_held_is_asked_to_come_again(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = order_changed(world, 51)
    monkeypatch.setattr(webhooks, "MOST_IN_HAND", len(told.body) * 10)
    statuses = ring_all(app, [told] * 50)
    assert set(statuses) == {200, 503}
    assert ring_all(app, [told] * 10) == [200] * 10, "what was held has been let go"


def test_a_refused_webhook_is_counted(world: World, app: FastAPI) -> None:
    assert ring(app, order_changed(world).with_header("x-wc-webhook-signature", "")) == 401
    ready = ask(app, lambda client: client.get("/ready")).json()
    assert ready["webhooks"] == {"401": 1}


def test_the_ping_of_a_new_webhook_is_welcome_and_changes_nothing(
    world: World, app: FastAPI
) -> None:
    before = kept(world)
    form = [("content-type", "application/x-www-form-urlencoded")]
    assert ring(app, Ring(path(world), b"webhook_id=7", form)) == 200
    assert kept(world) == before


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"", b"{", b"null", b'{"id": null}', b'{"id": "x"}', b'{"id": NaN}',
        b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"id": ' + b"9" * 5000 + b"}", b"\xff\xfe", b'{"id": {"id": 1}}',
    ],
    ids=range(12),
)  # fmt: skip
def test_a_signed_body_that_names_no_record_is_told_apart(
    world: World, app: FastAPI, body: bytes
) -> None:
    before = kept(world)
    assert ring(app, signed(order_changed(world), body)) == 422
    assert kept(world) == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 7, "name": "' + rb"\ud800 \u0000" + b'"}',
        b'{"id": 8, "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"id": 9, "many": ' + b"9" * 5000 + b"}",
        b'{"id": 10, "id": 11}',
    ],
    ids=["surrogate and NUL", "deep", "digits", "twice the id"],
)
def test_a_body_with_odd_contents_is_a_doorbell_like_any_other(
    world: World, app: FastAPI, body: bytes
) -> None:
    before = kept(world)
    assert ring(app, signed(order_changed(world), body)) in (200, 422), "never our fault"
    assert kept(world) - before in (0, 1)


def test_a_body_that_is_too_large_is_not_read_to_its_end(world: World, app: FastAPI) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"x" * 65536

    answer = ask(app, lambda client: client.post(path(world), content=endless()))
    assert answer.status_code == 413
    assert sent < 64
    for length in ("2000000", "9" * 5000):
        declared = Ring(path(world), b"").with_header("content-length", length)
        assert ring(app, declared) == 413


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "identity, gzip", "x"])
def test_an_encoded_body_is_refused(world: World, app: FastAPI, encoding: str) -> None:
    assert ring(app, order_changed(world).with_header("content-encoding", encoding)) == 415
    twice = order_changed(world).with_header("content-encoding", "identity", encoding)
    assert ring(app, twice) == 415
    plain = order_changed(world, 61).with_header("content-encoding", "identity")
    assert ring(app, plain) == 200


def test_a_body_that_drips_is_given_up(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "READ_WITHIN_S", 0.05)
    never = asyncio.Event

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await never().wait()

    answer = ask(app, lambda client: client.post(path(world), content=drip()))
    assert answer.status_code == 503


def test_a_database_that_does_not_answer_is_not_waited_for(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "KEPT_WITHIN_S", 0.1)
    free, held = threading.Event(), threading.Event()
    told, before = order_changed(world, 71), kept(world)

    def hold_the_writer() -> None:
        with world.hub.store.unit_of_work() as unit:
            if world.database_url:  # SQLite has one writer; PostgreSQL has a lock for it
                unit.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
            held.set()
            free.wait(10)

    holder = threading.Thread(target=hold_the_writer)
    holder.start()
    assert held.wait(10)
    try:
        assert ring_all(app, [told] * 5) == [503] * 5
    finally:
        free.set()
        holder.join()
    monkeypatch.undo()
    assert ring(app, told) == 200
    assert kept(world) == before + 1, "a repeat of what was kept after all is recognised"


# --- connectors that are wrong ------------------------------------------------------------------

TOLD = Delivery("order", "1", "order.updated", "key-1")


def endless(_request: object) -> Iterator[Delivery]:
    while True:
        yield TOLD


def raising(error: BaseException) -> Callable[[object], Any]:
    def fail(_request: object) -> Any:
        raise error

    return fail


class Cruel(BaseException):
    """An error that no `except Exception` meets."""


@pytest.mark.parametrize(
    ("method", "does", "status"),
    [
        ("verify", lambda _: False, 401),
        ("verify", lambda _: True, 401),
        ("verify", raising(SignatureError("no")), 401),
        ("verify", raising(ValueError("its own mistake")), 503),
        ("verify", raising(TypeError("comparing strings with non-ASCII")), 503),
        ("verify", raising(RecursionError()), 503),
        ("verify", raising(SystemExit(3)), 503),
        ("verify", raising(KeyboardInterrupt()), 503),
        ("verify", raising(Cruel()), 503),
        ("read", raising(Cruel()), 503),
        ("read", raising(MemoryError()), 503),
        ("read", lambda _: None, 503),
        ("read", lambda _: 7, 503),
        ("read", lambda _: "order", 503),
        ("read", lambda _: [{"kind": "order"}], 503),
        ("read", lambda _: [TOLD, None], 503),
        ("read", endless, 503),
        ("read", lambda _: [TOLD] * (MOST_TOLD + 1), 503),
        ("read", lambda _: [Delivery("order", 7, "t", "k")], 503),
        ("read", lambda _: [Delivery("order", "7", "t", None)], 503),
        ("read", lambda _: [Delivery("order", "", "t", "k")], 503),
        ("read", lambda _: [Delivery("order", "7\0", "t", "k")], 503),
        ("read", lambda _: [Delivery("order", "7\ud800", "t", "k")], 503),
        ("read", lambda _: [Delivery("order", "7" * (LONGEST_NAME + 1), "t", "k")], 503),
        ("read", lambda _: [Delivery("order", "7", "t", "k", deleted="yes")], 503),
        ("read", lambda _: [TOLD, TOLD], 200),
        ("read", lambda _: [], 200),
    ],
    ids=range(27),
)
def test_a_connector_that_is_wrong_lets_nobody_in_and_ends_nothing(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch,
    method: str, does: Callable[[object], Any], status: int,
) -> None:  # fmt: skip
    before = kept(world)
    connector = world.hub.open(world.hub.connection("NYC")).connector
    with monkeypatch.context() as patch:
        patch.setattr(connector, method, does)
        assert ring(app, order_changed(world, 81)) == status
    assert status == 200 or kept(world) == before
    assert ring(app, order_changed(world, 82)) == 200, "the door is open again"


def test_a_connector_that_hangs_stops_only_its_own_shop(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "KEPT_WITHIN_S", 0.1)
    free = threading.Event()
    connector = world.hub.open(world.hub.connection("NYC")).connector
    with monkeypatch.context() as patch:
        patch.setattr(connector, "verify", lambda _: free.wait(10))
        # Both shops may share a lane in one of eight runs: then the second waits with the first.
        assert ring_all(app, [order_changed(world, number) for number in range(9)]) == [503] * 9
        other = lambda client: client.get("/health")  # noqa: E731
        assert ask(app, other).status_code == 200
        free.set()
    monkeypatch.undo()
    assert ring(app, order_changed(world, 91)) == 200


def test_a_fault_of_the_hub_asks_for_a_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: object) -> list[int]:
        raise OSError("disk full")

    monkeypatch.setattr(webhooks, "keep_each", fail)
    assert ring(create_app(world.hub), order_changed(world, 95)) == 503
    assert "could not be kept" in caplog.text


def test_nothing_redirects_and_nothing_else_is_served(world: World, app: FastAPI) -> None:
    genuine = order_changed(world)
    assert ask(app, genuine.but(path=f"{path(world)}/").by).status_code == 404
    for where in ("/docs", "/redoc", "/openapi.json", "/admin"):
        assert ask(app, lambda client, where=where: client.get(where)).status_code == 404
    assert ask(app, lambda client: client.get(path(world))).status_code == 405


def test_slow_work_that_holds_every_connection_keeps_no_webhook_waiting(
    world: World, app: FastAPI
) -> None:
    told, engines = order_changed(world, 67), world.hub.store.engines
    pools = [engine.pool for engine in (engines.write, engines.read)]
    held = [pool.connect() for pool in pools for _ in range(26)]
    try:
        assert ring(app, told) == 200
    finally:
        for one in held:
            one.close()
    world.run()
