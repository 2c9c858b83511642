"""HTTP seen from below: one whole request, one whole reply, and the ways a reply can go wrong."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.testing.twins.faults import Fault

Headers = tuple[tuple[bytes, bytes], ...]
LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>"
)
DRIPS = 10


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A complete answer, and how it is to be sent.

    sending  `whole`, `half` (then the line is cut), `drip`, `silence` (no answer at all) or `reset`
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


def instead(fault: Fault) -> Reply:
    """Return the answer of something in front of the vendor: the work was not done."""
    match fault.kind:
        case "reset":
            return Reply(status=0, sending="reset")
        case "html":
            return _reply(fault.status or 200, LOGIN_PAGE, "text/html; charset=UTF-8")
        case "rate_limit":
            wait = fault.retry_after
            extra = () if wait is None else ((b"retry-after", f"{wait:g}".encode()),)
            return _reply(fault.status or 429, _body(fault, "Too many requests"), extra=extra)
        case "refuse":
            return _reply(fault.status or 403, _body(fault, "Forbidden"))
        case _:
            status = fault.status or (503 if fault.kind == "down" else 500)
            return _reply(status, _body(fault, "Service unavailable"))


def spoiled(reply: Reply, fault: Fault) -> Reply:
    """Return what becomes of the vendor's answer: the work was done."""
    match fault.kind:
        case "error_after":
            return _reply(fault.status or 500, _body(fault, "Internal server error"))
        case "timeout_after":
            return replace(reply, sending="silence", seconds=fault.seconds)
        case "truncated":
            return replace(reply, sending="half")
        case "malformed":
            broken = reply.body[: max(1, len(reply.body) * 2 // 3)]
            return replace(reply, body=broken, headers=_sized(reply.headers, len(broken)))
        case _:
            return replace(reply, sending="drip", seconds=fault.seconds)


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
    await send(_part(reply.body))


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
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _body(fault: Fault, default: str) -> bytes:
    return (fault.body if fault.body is not None else default).encode()


def _reply(
    status: int, body: bytes, content_type: str = "text/plain; charset=UTF-8", extra: Headers = ()
) -> Reply:
    kind = (b"content-type", content_type.encode())
    size = (b"content-length", str(len(body)).encode())
    return Reply(status=status, headers=(kind, size, *extra), body=body)


def _sized(headers: Headers, size: int) -> Headers:
    others = tuple(pair for pair in headers if pair[0].lower() != b"content-length")
    return (*others, (b"content-length", str(size).encode()))
