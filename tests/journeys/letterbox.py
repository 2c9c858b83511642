"""A letterbox a shop posts its webhooks to; what fell in is handed to the hub, or is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hub.sdk.webhooks import WebhookRequest
from hub.testing.twins import RunningTwin


class Letterbox:
    """Takes every request with 200 and keeps it as it came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.letters: list[WebhookRequest] = []

    def subscribe(self, shop: RunningTwin, secret: str, *topics: str) -> None:
        """Let the shop send these topics here."""
        for number, topic in enumerate(topics, start=1):
            resource, _, event = topic.partition(".")
            shop.put("webhook", number, {
                "id": number, "name": topic, "status": "active", "topic": topic,
                "resource": resource, "event": event, "hooks": [], "delivery_url": self.url,
                "secret": secret, "failures": 0, "pinged": True,
                "date_created_gmt": "2026-11-01T00:00:00",
            })  # fmt: skip

    def empty(self, shop: RunningTwin) -> list[WebhookRequest]:
        """Let the shop send all it owes; take the letters out."""
        shop.deliver()
        letters, self.letters = self.letters, []
        return letters


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """Open a letterbox on a free port of this machine."""

    class Slot(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            box.letters.append(WebhookRequest(headers, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the twin keeps the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slot)
    box = Letterbox(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
