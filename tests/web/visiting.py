"""A browser's way to ask, and a hub on one of the stores without any vendor."""

import asyncio
from collections.abc import Mapping

import httpx
from fastapi import FastAPI

ADDRESS = "http://localhost"
TOKEN = "start-up-token-of-this-test"


def visit(
    app: FastAPI, where: str, form: Mapping[str, str] | None = None, *, method: str = "",
    token: str = "", peer: str = "127.0.0.1", **headers: str,
) -> httpx.Response:  # fmt: skip
    """Ask for a page, or send a form from one of the hub's own pages."""
    given = {"host": "localhost"} | {name.replace("_", "-"): text for name, text in headers.items()}
    if token:
        given["cookie"] = f"hub_console={token}"
    if form is not None and "origin" not in given:
        given["origin"] = ADDRESS

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(peer, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            verb = method or ("GET" if form is None else "POST")
            return await client.request(verb, where, data=form, headers=given)

    return asyncio.run(run())
