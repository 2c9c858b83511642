"""Webhooks through the application itself: forged, oversized, slow, repeated, and well."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from hub.store import tables
from hub.testing.twins import running
from hub.testing.world import World
from hub.web import webhooks
from hub.web.app import create_app

TWIN = "hub_woocommerce.twin:twin"
SECRET = "whsec"
Say = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("web")
    world = World(folder / "home")
    with running(TWIN, data=folder / "twin.db") as twin:
        world.add_twin(twin)
        world.connect(
            "woocommerce", "NYC", url=twin.url, consumer_key="ck_twin",
            consumer_secret="cs_twin", webhook_secret=SECRET,
        )  # fmt: skip
        world.run()
        yield world
        world.crash()


@pytest.fixture
def app(world: World) -> FastAPI:
    return create_app(world.hub)


def path(world: World) -> str:
    return f"/hooks/{world.hub.connection('NYC').hook_token}"


def ask(app: FastAPI, say: Say) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await say(client)

    return asyncio.run(run())


def post(app: FastAPI, where: str, body: Any = b"", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(app, lambda client: client.post(where, content=body, headers=named))


def order_changed(world: World, status: str = "processing", key: str = SECRET) -> dict[str, Any]:
    body = json.dumps({"id": 123, "status": status}).encode()
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return {
        "body": body,
        "x_wc_webhook_topic": "order.updated",
        "x_wc_webhook_source": f"{world.twins[0].url}/",
        "x_wc_webhook_signature": base64.b64encode(digest).decode(),
    }


def kept(world: World) -> int:
    return len(world.rows(tables.inbox))


def test_a_signed_webhook_is_kept_and_answered_with_nothing(world: World, app: FastAPI) -> None:
    before = kept(world)
    answer = post(app, path(world), **order_changed(world))
    assert (answer.status_code, answer.content) == (200, b"")
    assert kept(world) == before + 1
    assert [job.kind for job in world.rows(tables.job, state="ready")] == ["ingest_delivery"]
    world.run()
    assert {row.state for row in world.rows(tables.inbox)} == {"applied"}


def test_a_second_delivery_of_the_same_webhook_changes_nothing(world: World, app: FastAPI) -> None:
    told = order_changed(world, "completed")
    assert post(app, path(world), **told).status_code == 200
    before = kept(world)
    assert post(app, path(world), **told).status_code == 200
    assert kept(world) == before


@pytest.mark.parametrize(
    "forge",
    [
        lambda told: told | {"x_wc_webhook_signature": ""},
        lambda told: told | {"x_wc_webhook_signature": "bm9wZQ=="},
        lambda told: told | {"body": told["body"] + b" "},
        lambda told: told | {"x_wc_webhook_source": "https://another.example/"},
    ],
    ids=["unsigned", "another signature", "changed body", "another shop"],
)
def test_a_forged_webhook_is_refused_counted_and_not_kept(
    world: World, app: FastAPI, forge: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    before = kept(world)
    assert post(app, path(world), **forge(order_changed(world))).status_code == 401
    assert kept(world) == before
    ready = ask(app, lambda client: client.get("/ready")).json()
    assert ready["webhooks"] == {"401": 1}


def test_a_webhook_signed_with_another_key_is_refused(world: World, app: FastAPI) -> None:
    assert post(app, path(world), **order_changed(world, key="guess")).status_code == 401


def test_an_unknown_address_is_not_found(world: World, app: FastAPI) -> None:
    assert post(app, "/hooks/guess", **order_changed(world)).status_code == 404


def test_the_ping_of_a_new_webhook_is_welcome_and_changes_nothing(
    world: World, app: FastAPI
) -> None:
    before = kept(world)
    form = "application/x-www-form-urlencoded"
    assert post(app, path(world), b"webhook_id=7", content_type=form).status_code == 200
    assert kept(world) == before


def test_a_signed_body_that_names_no_record_is_told_apart(world: World, app: FastAPI) -> None:
    body = b"[]"
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    told = order_changed(world) | {
        "body": body, "x_wc_webhook_signature": base64.b64encode(digest).decode(),
    }  # fmt: skip
    assert post(app, path(world), **told).status_code == 422


def test_a_body_that_is_too_large_is_not_read_to_its_end(world: World, app: FastAPI) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"x" * 65536

    assert post(app, path(world), endless()).status_code == 413
    assert sent < 64
    declared = post(app, path(world), b"", content_length="2000000")
    assert declared.status_code == 413


def test_an_encoded_body_is_refused(world: World, app: FastAPI) -> None:
    told = order_changed(world) | {"content_encoding": "gzip"}
    assert post(app, path(world), **told).status_code == 415
    plain = order_changed(world, "on-hold") | {"content_encoding": "identity"}
    assert post(app, path(world), **plain).status_code == 200


def test_a_body_that_drips_is_given_up(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "READ_WITHIN_S", 0.05)
    never = asyncio.Event

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await never().wait()

    assert post(app, path(world), drip()).status_code == 503


def test_a_database_that_does_not_answer_is_not_waited_for(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "KEPT_WITHIN_S", 0.1)
    free = threading.Event()
    before = kept(world)

    def hold_the_writer() -> None:
        with world.hub.store.unit_of_work():
            held.set()
            free.wait(10)

    held = threading.Event()
    holder = threading.Thread(target=hold_the_writer)
    holder.start()
    held.wait(10)
    try:
        assert post(app, path(world), **order_changed(world, "failed")).status_code == 503
    finally:
        free.set()
        holder.join()
    assert post(app, path(world), **order_changed(world, "failed")).status_code == 200
    assert kept(world) == before + 1, "a repeat of what was kept after all is recognised"


def test_a_fault_of_the_hub_asks_for_a_repeat(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(webhooks, "receive", fail)
    assert post(app, path(world), **order_changed(world)).status_code == 503
    assert "could not be kept" in caplog.text


def test_nothing_redirects_and_nothing_else_is_served(world: World, app: FastAPI) -> None:
    assert post(app, path(world) + "/", **order_changed(world)).status_code == 404
    for where in ("/docs", "/redoc", "/openapi.json", "/admin"):
        assert ask(app, lambda client, where=where: client.get(where)).status_code == 404
    assert ask(app, lambda client: client.get(path(world))).status_code == 405
