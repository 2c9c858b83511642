"""The only module that knows httpx: carries one request, within its bounds, to one answer."""

import asyncio
import atexit
import logging
import re
import ssl
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import httpcore
import httpx

from hub.sdk import loop_thread
from hub.sdk.addresses import AllowedAddresses, Resolver
from hub.sdk.errors import ConfigError, RejectedError
from hub.sdk.network import GuardedNetwork
from hub.sdk.unpack import TooLargeError, UnreadableBodyError, unpacker

# They print whole URLs, with whatever credentials a vendor wants in its query.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

FaultKind = Literal["address", "not_sent", "broken", "timeout", "too_large", "unreadable"]


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """How long and how much: seconds and bytes."""

    connect: float = 5.0
    read: float = 20.0
    """The longest silence."""
    queue: float = 10.0
    """For one of our own connections to become free."""
    total: float = 30.0
    """From asking for a connection to the last byte of the answer, whatever arrives between."""
    body: int = 10 * 1024 * 1024
    """Of an answer, after decompression."""
    connections: int = 10
    keep_alive: float = 4.0
    """Below the five seconds of a usual Apache, so that we hang up before the shop does."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request, complete and signed; it holds credentials and is never shown."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no whole answer; `text` is not yet redacted."""

    kind: FaultKind
    text: str
    sent: bool
    """False only when not one byte of the request can have left."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an answer, a fault, or the head of an answer and a fault in its body."""

    elapsed: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: Fault | None = None


class _Progress:
    """How far one request came; httpcore calls it at every step."""

    def __init__(self) -> None:
        self.sent = False
        self.status: int | None = None
        self.headers: dict[str, str] = {}

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.sent = True

    def head(self, response: httpx.Response) -> None:
        self.sent = True
        self.status = response.status_code
        self.headers = dict(response.headers)


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that opens its sockets through the guard."""

    def __init__(self, limits: HttpLimits, context: ssl.SSLContext, guard: GuardedNetwork) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.connections,
            max_keepalive_connections=limits.connections,
            keepalive_expiry=limits.keep_alive,
            network_backend=guard,
        )


_Line = tuple[asyncio.AbstractEventLoop, httpx.AsyncBaseTransport]


class Wire:
    """The kept-alive connections of one hub connection; used from any thread."""

    def __init__(
        self, limits: HttpLimits, allow: AllowedAddresses, ca_file: str | None, resolve: Resolver
    ) -> None:
        self._limits = limits
        self._context = _tls(ca_file)
        self._guard = GuardedNetwork(allow, resolve)
        self._timeouts = {
            "connect": limits.connect,
            "read": limits.read,
            "write": limits.read,
            "pool": limits.queue,
        }
        self._lines: list[_Line] = []
        _open_wires.add(self)
        weakref.finalize(self, _abandon, self._lines).atexit = False

    def exchange(self, outgoing: Outgoing) -> Reply:
        """Send one request and wait for its answer; everything that goes wrong is a `Fault`."""
        try:
            return loop_thread.call(self._exchange(outgoing), self._limits.total)
        except TimeoutError:
            text = "the network thread did not answer"
            return Reply(self._limits.total, fault=Fault("timeout", text, sent=True))

    def close(self) -> None:
        """Hang up; requests under way break off."""
        while self._lines:
            loop, transport = self._lines.pop()
            if loop_thread.is_current(loop):
                loop_thread.call(transport.aclose(), 1.0)

    async def _exchange(self, outgoing: Outgoing) -> Reply:
        started = time.perf_counter()
        progress = _Progress()
        body, fault = b"", None
        try:
            async with asyncio.timeout(self._limits.total):
                body = await self._receive(outgoing, progress)
        except Exception as error:
            # Named there, or raised again if it is a mistake of our own.
            fault = _fault(error, progress.sent, self._limits)
        elapsed = time.perf_counter() - started
        return Reply(elapsed, progress.status, progress.headers, body, fault)

    async def _receive(self, outgoing: Outgoing, progress: _Progress) -> bytes:
        request = httpx.Request(
            outgoing.method,
            outgoing.url,
            headers=outgoing.headers,
            content=outgoing.body,
            extensions={"timeout": self._timeouts, "trace": progress},
        )
        # The transport itself: a client above it would add cookies, redirects and a log line.
        response = await self._transport().handle_async_request(request)
        progress.head(response)
        try:
            return await self._body(response)
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        limit = self._limits.body
        unpacked = unpacker(response.headers.get("content-encoding", ""), limit)
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > limit:
            raise TooLargeError
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for piece in response.stream:
            unpacked.feed(piece)
        return unpacked.finish()

    def _transport(self) -> httpx.AsyncBaseTransport:
        # Runs in the network thread only, so it needs no lock. After a fork the parent's
        # connections are left alone: both processes speaking on one socket would mix their bytes.
        loop = asyncio.get_running_loop()
        for known, transport in self._lines:
            if known is loop:
                return transport
        made = _GuardedTransport(self._limits, self._context, self._guard)
        self._lines.append((loop, made))
        return made


def _fault(error: Exception, sent: bool, limits: HttpLimits) -> Fault:
    # Only the deadline may fall on either side of the sending; all else is on one by its nature.
    match error:
        case RejectedError():
            return Fault("address", error.reason, sent=False)
        case httpx.ConnectTimeout():
            return Fault("not_sent", f"no connection within {limits.connect:g} s", sent=False)
        case httpx.PoolTimeout():
            return Fault("not_sent", f"no free connection within {limits.queue:g} s", sent=False)
        case httpx.ConnectError():
            return Fault("not_sent", f"no connection: {_why(str(error))}", sent=False)
        case TimeoutError():
            return Fault("timeout", f"no complete answer within {limits.total:g} s", sent)
        case httpx.TimeoutException():
            return Fault("timeout", f"silent for {limits.read:g} s", sent=True)
        case TooLargeError():
            text = f"the answer is larger than {limits.body:,} bytes"
            return Fault("too_large", text, sent=True)
        case UnreadableBodyError():
            text = f"the answer's body cannot be read: {error}"
            return Fault("unreadable", text, sent=True)
        case httpx.TransportError() | OSError():
            return Fault("broken", f"the connection broke: {str(error) or 'closed'}", sent=True)
    raise error


def _why(text: str) -> str:
    """Say in words what OpenSSL says in capitals; anything else says enough already."""
    if found := re.search(r"certificate verify failed: (.+?)(?: \(_ssl|$)", text):
        return f"its certificate is not trusted ({found[1]}); HUB_CA_FILE names a private authority"
    if "WRONG_VERSION_NUMBER" in text:
        return "nothing speaks https there; is it http?"
    return text


@lru_cache(maxsize=16)
def _tls(ca_file: str | None) -> ssl.SSLContext:
    # Loading the public certificates takes 20 ms and is the same for every connection.
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"the certificate authority file {ca_file}: {error}") from None
    return context


def _abandon(lines: list[_Line]) -> None:
    for loop, transport in lines:
        if loop_thread.is_current(loop):
            asyncio.run_coroutine_threadsafe(transport.aclose(), loop)


_open_wires: "weakref.WeakSet[Wire]" = weakref.WeakSet()


def _close_all() -> None:
    for wire in list(_open_wires):
        wire.close()


# Registered after the network thread's own ending, hence run before it.
atexit.register(_close_all)
