"""Somebody who takes the shop's webhooks and answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from hub.sdk import WebhookRequest


@dataclass(frozen=True)
class Arrived:
    """One request as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers.get("X-WC-Webhook-Topic", "ping")

    def json(self) -> Any:
        return json.loads(self.body)

    def request(self) -> WebhookRequest:
        return WebhookRequest({n.lower(): v for n, v in self.headers.items()}, self.body)


class Receiver:
    """Keeps what arrives and answers with `status`."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.arrived.append(Arrived(dict(self.headers.items()), body))
                self.send_response(outer.status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def topics(self) -> list[str]:
        return [request.topic for request in self.arrived]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a port of loopback."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()
