"""A vendor whose certificate is not good is not called; nothing of the request ever leaves."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.sdk.errors import NotSentError
from hub.sdk.http import AllowedAddresses, HttpClient, HttpLimits

Serve = Callable[[ssl.SSLContext], int]


@pytest.fixture
def heard() -> list[bytes]:
    """What any shop of the test was told after its handshake."""
    return []


@pytest.fixture
def serve(heard: list[bytes]) -> Iterator[Serve]:
    """Start a shop over https; gives its port."""
    listeners: list[socket.socket] = []

    def start(context: ssl.SSLContext) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as secured:
                    heard.append(secured.recv(65536))

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def shop_context(authority: trustme.CA, *names: str, **how: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **how).configure_cert(context)
    return context


def old_protocol(authority: trustme.CA) -> ssl.SSLContext:
    context = shop_context(authority, "shop.example")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.parametrize(
    "context",
    [
        lambda ca: shop_context(ca, "another.example"),
        lambda ca: shop_context(ca, "*.example.shop.example"),
        lambda ca: shop_context(ca, "127.0.0.1"),
        lambda ca: shop_context(ca, "shop.example", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
        lambda ca: shop_context(trustme.CA(), "shop.example"),
        old_protocol,
    ],
    ids=["another name", "a wider name", "its address", "expired", "another authority", "TLS 1.1"],
)
def test_a_certificate_that_is_not_good_stops_the_call(
    serve: Serve, heard: list[bytes], tmp_path: Path, context: Callable[[trustme.CA], Any]
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    port = serve(context(authority))

    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    allow = AllowedAddresses.parse([f"shop.example:{port}"])
    with (
        HttpClient(
            f"https://shop.example:{port}", allow=allow, resolve=here, limits=HttpLimits(total=5.0),
            ca_file=str(tmp_path / "ca.pem"),
        ) as shop,
        pytest.raises(NotSentError),
    ):  # fmt: skip
        shop.post("labels", json={"to": "me"}, effect=True)
    assert not any(heard)
