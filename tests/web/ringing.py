"""A hub with one shop, and the words to ring its webhook address."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from hub.store import tables
from hub.testing.twins import running
from hub.testing.world import World

TWIN = "hub_woocommerce.twin:twin"
SECRET = "whsec-canary-4471"
OTHER_SECRET = "whsec-canary-9902"

Header = tuple[str, str | bytes]
Say = Callable[[httpx.AsyncClient], Awaitable[Any]]


@contextmanager
def hub_with_shops(folder: Path, database_url: str, *codes: str) -> Iterator[World]:
    """Connect a shop for each code; every one has a secret of its own."""
    world = World(folder / "home", database_url=database_url)
    with running(TWIN, data=folder / "twin.db") as first, running(TWIN, data=folder / "b.db") as b:
        for code, secret, twin in zip(codes, (SECRET, OTHER_SECRET), (first, b), strict=False):
            world.add_twin(twin)
            world.connect(
                "woocommerce", code, url=twin.url, consumer_key="ck_twin",
                consumer_secret="cs_twin", webhook_secret=secret,
            )  # fmt: skip
        world.run()
        yield world
        world.close()


def path(world: World, code: str = "NYC") -> str:
    """Give the webhook address of a connection."""
    return f"/hooks/{world.hub.connection(code).hook_token}"


def ask(app: FastAPI, say: Say) -> Any:
    """Talk to the application in an event loop of its own."""

    async def run() -> Any:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await say(client)

    return asyncio.run(run())


def signature(body: bytes, secret: str = SECRET) -> str:
    """Sign as WooCommerce does."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True)
class Ring:
    """One request to a webhook address."""

    path: str
    body: bytes
    headers: Sequence[Header] = field(default=())

    def but(self, **changes: Any) -> "Ring":
        """Give the same with other path, body or headers."""
        return replace(self, **changes)

    def header(self, name: str) -> str:
        """Read a header."""
        return next(str(value) for given, value in self.headers if given == name)

    def with_header(self, name: str, *values: str | bytes) -> "Ring":
        """Give the same with this header once for each value; none removes it."""
        rest = [one for one in self.headers if one[0] != name]
        return self.but(headers=[*rest, *((name, value) for value in values)])

    async def by(self, client: httpx.AsyncClient) -> httpx.Response:
        """Send it."""
        raw = [
            (name.encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in self.headers
        ]
        return await client.post(self.path, content=self.body, headers=raw)


def order_changed(world: World, order_id: int = 123, status: str = "processing") -> Ring:
    """A genuine webhook of the first shop."""
    body = json.dumps({"id": order_id, "status": status, "name": "Zoë"}, ensure_ascii=False)
    return Ring(path(world), body.encode()).but(
        headers=[
            ("content-type", "application/json"),
            ("x-wc-webhook-topic", "order.updated"),
            ("x-wc-webhook-source", f"{world.twins[0].url}/"),
            ("x-wc-webhook-delivery-id", "5f1d"),
            ("x-wc-webhook-signature", signature(body.encode())),
        ]
    )


def kept(world: World) -> int:
    """Count the webhooks that were kept."""
    return len(world.rows(tables.inbox))
