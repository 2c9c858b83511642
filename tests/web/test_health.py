"""`/health` and `/ready`: alive is not yet at work."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from hub.store.jobs import JobDraft, insert_jobs
from hub.testing.world import World
from hub.web.app import create_app


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    world = World(tmp_path / "home", database_url=database_url)
    world.start()
    yield world
    world.close()


def ask(app: FastAPI, where: str) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.get(where)

    return asyncio.run(run())


def test_a_hub_that_works_is_ready(world: World) -> None:
    app = create_app(world.hub, relay_pass=world.clock)
    assert ask(app, "/health").json() == {"alive": True}
    answer = ask(app, "/ready")
    assert answer.status_code == 200 and answer.json()["ready"] is True
    world.crash()


def test_a_relay_that_stopped_looking_is_noticed(world: World) -> None:
    seen: list[datetime] = [world.clock()]
    app = create_app(world.hub, relay_pass=lambda: seen[0])
    world.clock.advance(timedelta(seconds=59))
    assert ask(app, "/ready").status_code == 200
    world.clock.advance(timedelta(seconds=2))
    answer = ask(app, "/ready")
    assert answer.status_code == 503 and "relay" in answer.json()["reasons"][0]
    assert ask(app, "/health").status_code == 200
    world.crash()


def test_a_relay_that_never_began_is_noticed_too(world: World) -> None:
    app = create_app(world.hub, relay_pass=lambda: None)
    assert ask(app, "/ready").status_code == 200
    world.clock.advance(timedelta(seconds=61))
    assert ask(app, "/ready").status_code == 503
    world.crash()


def test_work_that_nobody_does_is_noticed(world: World) -> None:
    app = create_app(world.hub)
    with world.hub.store.unit_of_work() as unit:
        insert_jobs(unit, [JobDraft(kind="reserve_waiting", queue="orders")])
    assert ask(app, "/ready").status_code == 200
    world.clock.advance(timedelta(minutes=16))
    answer = ask(app, "/ready")
    assert answer.status_code == 503 and "due for 960 s" in answer.json()["reasons"][0]
    world.crash()


def test_a_database_that_cannot_be_written_is_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(world.hub)

    def refuse() -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(world.hub.store, "unit_of_work", refuse)
    answer = ask(app, "/ready")
    assert answer.status_code == 503 and "cannot be used" in answer.json()["reasons"][0]
    world.crash()


def test_a_schema_of_another_version_is_not_ready(world: World) -> None:
    app = create_app(world.hub)
    with world.system.engines.write.begin() as database:
        database.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = ask(app, "/ready")
    assert answer.status_code == 503 and "schema 0000" in answer.json()["reasons"][0]
    world.crash()
