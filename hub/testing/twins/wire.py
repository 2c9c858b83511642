"""HTTP seen from below: one whole request, one whole reply, and the ways a reply can go wrong."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]
DRIPS = 10


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A complete answer, and how it is to be sent.

    sending  `whole`, `half` (then the line is cut), `drip`, `endless` (the body again and again),
             `silence` (no answer at all) or `reset`
    seconds  how long the drip or the silence lasts
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    sending: str = "whole"
    seconds: float = 0.0


@dataclass
class _Capture:
    status: int = 0
    headers: Headers = ()
    chunks: list[bytes] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = tuple((bytes(k), bytes(v)) for k, v in message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))


async def read_body(receive: Receive) -> bytes:
    """Return the whole request body."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def ask(app: ASGIApp, scope: Scope, body: bytes) -> Reply:
    """Return what the app answers, before a byte of it is sent."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    capture = _Capture()
    await app(scope, receive, capture.send)
    return Reply(status=capture.status, headers=capture.headers, body=b"".join(capture.chunks))


async def transmit(reply: Reply, receive: Receive, send: Send) -> None:
    """Send the reply in the way it is meant to arrive."""
    if reply.sending == "reset":
        return await hang_up(receive, send, rudely=True)
    if reply.sending == "silence":
        await asyncio.sleep(reply.seconds)
        return await hang_up(receive, send)
    start = {"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)}
    await send(start)
    if reply.sending == "half":
        await send(_part(reply.body[: len(reply.body) // 2], more=True))
        await asyncio.sleep(0.01)  # let the half leave before the line is cut
        return await hang_up(receive, send)
    if reply.sending == "drip":
        size = max(1, len(reply.body) // DRIPS)
        for at in range(0, len(reply.body), size):
            await send(_part(reply.body[at : at + size], more=True))
            await asyncio.sleep(reply.seconds / DRIPS)
        return await send(_part(b""))
    if reply.sending == "endless":
        return await _pour(reply.body, receive, send)
    await send(_part(reply.body))


async def _pour(body: bytes, receive: Receive, send: Send) -> None:
    gone = asyncio.create_task(_until_gone(receive))
    try:
        while not gone.done():
            await send(_part(body, more=True))
            await asyncio.sleep(0.001)  # another request may come between, and the end be noticed
    finally:
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def hang_up(receive: Receive, send: Send, *, rudely: bool = False) -> None:
    """Close the connection without a word; rudely sends a TCP reset.

    ASGI has no such message, so this reaches for the server's transport, which uvicorn's `send` is
    bound to.
    """
    transport = send.__self__.transport  # type: ignore[attr-defined]
    if rudely:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    else:
        transport.close()
    await _until_gone(receive)


def _part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}
