"""A shop whose answers are ready before anyone asks, in a process of its own.

All orders lie in one buffer in the order of their change, so a page is a slice of it: answering
costs one copy into the socket, and the source is never what is measured. It answers the questions
our connector and other loaders ask, and checks no signature.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import formatdate
from typing import cast
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.sample_orders import first_changed_after, order_json

PER_PAGE = 100

_OTHER = {
    "/wp-json/": b'{"name":"Benchmark shop","timezone_string":"America/New_York"}',
    "/wp-json/wc/v3/system_status": b'{"environment":{"version":"10.5.0"},"settings":{}}',
    "/wp-json/wc/v3/settings/general/woocommerce_currency": b'{"value":"USD"}',
    "/wp-json/wc/v3/products": b"[]",
}
_ORDERS = "/wp-json/wc/v3/orders"


class Shelf:
    """The rendered orders."""

    def __init__(self, count: int) -> None:
        self.count = count
        rendered = [order_json(number) for number in range(count)]
        self._bytes = memoryview(b",".join(rendered))
        self._starts = [0]
        for order in rendered:
            self._starts.append(self._starts[-1] + len(order) + 1)

    def answer(self, target: str, origin: str) -> list[bytes | memoryview]:
        """Give the parts of the answer to a request for `target` at `origin`."""
        parts = urlsplit(target)
        if parts.path != _ORDERS:
            body = _OTHER.get(parts.path)
            return _answer(200, [body]) if body is not None else _answer(404, [b"{}"])
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self._page(asked, origin)

    def _page(self, asked: dict[str, str], origin: str) -> list[bytes | memoryview]:
        size, page = int(asked.get("per_page", PER_PAGE)), int(asked.get("page", 1))
        begin, after = 0, asked.get("modified_after")
        if after:
            begin = min(self.count, first_changed_after(datetime.fromisoformat(f"{after}+00:00")))
        total = self.count - begin
        pages = -(-total // size)
        first = min(begin + (page - 1) * size, self.count)
        last = min(first + size, self.count)
        slice_ = self._bytes[self._starts[first] : max(self._starts[last] - 1, 0)]
        more = f"X-WP-Total: {total}\r\nX-WP-TotalPages: {pages}\r\n"
        if page < pages:
            here = f"{origin}{_ORDERS}?per_page={size}&page={page + 1}"
            more += f'Link: <{here}>; rel="next"\r\n'
        return _answer(200, [b"[", slice_ if first < last else b"", b"]"], more)


def _answer(
    status: int, body: list[bytes | memoryview], more: str = ""
) -> list[bytes | memoryview]:
    length = sum(len(part) for part in body)
    head = (
        f"HTTP/1.1 {status} OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
        f"Date: {formatdate(usegmt=True)}\r\nContent-Length: {length}\r\n{more}\r\n"
    )
    return [head.encode(), *body]


class _Visitor(asyncio.Protocol):
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=16 * 1024 * 1024)
        host, port = transport.get_extra_info("sockname")
        self._origin = f"http://{host}:{port}"

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            target = request.split(b" ", 2)[1].decode()
            self._transport.writelines(self._shelf.answer(target, self._origin))


@contextmanager
def serving(orders: int) -> Iterator[str]:
    """Run the shop as a child process; gives its address, without a slash at the end."""
    command = [sys.executable, "-m", "tests.benchmarks.static_shop", str(orders)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{int(port)}"
    finally:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def _serve(orders: int) -> None:
    shelf = Shelf(orders)
    server = await asyncio.get_running_loop().create_server(lambda: _Visitor(shelf), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(int(sys.argv[1])))
