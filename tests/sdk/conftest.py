"""A vendor made of a bare socket: it says exactly the bytes a test wants, when it wants them."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.sdk.http import AllowedAddresses, HttpClient, HttpLimits

Speak = Callable[[socket.socket, bytes], None]


class BareVendor:
    """Accepts on loopback; for every request it reads, `speak(connection, request)` answers."""

    def __init__(self, speak: Speak) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._speak = speak
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while request := _read_request(connection):
                self.requests.append(request)
                self._speak(connection, request)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower()[:15] == b"content-length:"),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(
    body: bytes = b"{}", status: int = 200, kind: str = "application/json", **headers: str
) -> bytes:
    """One whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def vendor() -> Iterator[Callable[[Speak | bytes], BareVendor]]:
    """Start vendors that speak as told, or always say the same bytes."""
    started: list[BareVendor] = []

    def start(speak: Speak | bytes) -> BareVendor:
        said = speak
        does = (lambda connection, _: connection.sendall(said)) if isinstance(said, bytes) else said
        started.append(BareVendor(does))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def client() -> Iterator[Callable[..., HttpClient]]:
    """Build clients that may call exactly the loopback port they are for."""
    made: list[HttpClient] = []

    def make(url: str, **options: Any) -> HttpClient:
        limits = {"connect": 5.0, "read": 5.0, "total": 5.0, **options.pop("limits", {})}
        if url.startswith("http://127."):
            options.setdefault("allow", AllowedAddresses.parse([url.split("/")[2]]))
        made.append(HttpClient(url, limits=HttpLimits(**limits), **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def whole_answer() -> Callable[..., bytes]:
    """Give `answer`, which writes one whole HTTP answer."""
    return answer
