"""The HTTP factory of the kit: the hub's own client, reaching the simulated vendor alone."""

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from hub.sdk.addresses import DEFAULT_PORTS, AllowedAddresses
from hub.sdk.exchange import Exchange
from hub.sdk.http import HttpClient, HttpLimits, Response

PATIENT = HttpLimits(connect=5, read=8, total=10)
HASTY = HttpLimits(connect=2, read=0.4, total=0.4)
LONGEST_CALL = 120.0
"""Seconds; a worker waits no longer for one answer."""


class Watched(HttpClient):
    """The hub's client, counted, and with a line that can be cut."""

    def __init__(self, under_way: "UnderWay", base_url: str, **options: Any) -> None:
        super().__init__(base_url, **options)
        self._under_way = under_way

    def request(self, method: str, path: str, **options: Any) -> Response:
        """Make one attempt, as the hub's client does."""
        with self._under_way:
            return super().request(method, path, **options)

    def move_to(self, port: int) -> None:
        """Look for the vendor elsewhere."""
        self._wire.close()
        self._origin = replace(self._origin, port=port)


class UnderWay:
    """Counts how many requests are under way at once."""

    def __init__(self) -> None:
        self._lock, self.now, self.most = threading.Lock(), 0, 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


@dataclass
class Wiretap:
    """Makes clients, and remembers what each was asked for and did."""

    vendor: str
    """The address of the simulated vendor; empty when there is none."""
    user_agent: str
    limits: HttpLimits = PATIENT
    strangers: list[str] = field(default_factory=list)
    """Addresses asked for that are not the vendor's."""
    slow: list[float] = field(default_factory=list)
    """Total time limits, in seconds, that a connector asked for and nobody waits out."""
    exchanges: list[Exchange] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    under_way: UnderWay = field(default_factory=UnderWay)
    _clients: list[Watched] = field(default_factory=list)
    _nobody: socket.socket = field(default_factory=socket.socket)

    def __post_init__(self) -> None:
        self._nobody.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused

    def __call__(self, base_url: str, **options: Any) -> HttpClient:
        """Build a client, as `Opening.http` promises."""
        here = [_authority(self.vendor)] if self.vendor else []
        if _authority(base_url) not in here:
            self.strangers.append(base_url)
        wished: HttpLimits | None = options.pop("limits", None)
        if wished and wished.total > LONGEST_CALL:
            self.slow.append(wished.total)
        classify = options.pop("classify", None)
        client = Watched(
            self.under_way, base_url, **{"user_agent": self.user_agent, **options},
            allow=AllowedAddresses.parse([*here, f"127.0.0.1:{self._dead_port}"]),
            limits=self.limits, observe=self.exchanges.append, resolve=_loopback,
            classify=lambda answer: self._heard(answer, classify),
        )  # fmt: skip
        self._clients.append(client)
        return client

    @property
    def _dead_port(self) -> int:
        return int(self._nobody.getsockname()[1])

    def hang_up(self) -> None:
        """Let nobody answer any more: the next connection is refused before a byte is sent."""
        for client in self._clients:
            client.move_to(self._dead_port)

    def close(self) -> None:
        """Close every client."""
        self._nobody.close()
        for client in self._clients:
            client.close()

    def _heard(
        self, answer: Response, classify: Callable[[Response], Exception | None] | None
    ) -> Exception | None:
        self.answers.append(answer)
        return classify(answer) if classify else None


async def _loopback(host: str, port: int) -> Sequence[str]:
    if host == "127.0.0.1":
        return (host,)
    raise OSError(f"the conformance kit calls nobody but the simulated vendor, not {host}:{port}")


def _authority(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or DEFAULT_PORTS.get(parts.scheme, 0)}"
