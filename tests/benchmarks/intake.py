"""The webhook inbox: durable webhooks a second, beside the same door without storage.

    python -m tests.benchmarks.intake --webhooks 4000

Every contender is the same application in a fresh process, asked over kept-alive connections by
this one; both share the machine. `grouped` is the hub as it is; `alone` commits every webhook by
itself; `forgetful` verifies and reads each webhook and keeps nothing, which is the limit. The
burst is offered all at once: what counts there is that memory stays flat and nothing is lost.
Every webhook differs; durable means SQLite with `synchronous=FULL`. `kept` is counted afterwards.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import uvicorn
from sqlalchemy import func, select

from hub import bootstrap
from hub.records.connection import Account, Family
from hub.settings import Settings
from hub.store import tables
from hub.store.connections import NewConnection, add_connection
from hub.web import mailroom, webhooks
from hub.web.app import create_app
from tests.benchmarks.machine import about_machine
from tests.benchmarks.with_hub import HUB_KEY

SECRET = "benchmark-secret"
SHOP = "https://shop.example"
BODY_BYTES = 4_000
WAYS = ("grouped", "alone", "forgetful")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the contenders in turn and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhooks", type=int, default=4_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--burst", type=int, default=10_000)
    parser.add_argument("--serve", choices=WAYS)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args(arguments)
    if given.serve:
        _serve(given.serve, given.home)
        return
    print(json.dumps(measure(given.webhooks, given.connections, given.burst), indent=2))


def measure(webhooks: int, connections: int, burst: int) -> dict[str, object]:
    """Measure every contender; rates in webhooks a second, times in milliseconds."""
    found = {way: _measured(way, webhooks, connections) for way in WAYS}
    rates = {way: float(str(one["per_second"])) for way, one in found.items()}
    return {
        **found,
        "grouped_to_forgetful": round(rates["grouped"] / rates["forgetful"], 2),
        "grouped_to_alone": round(rates["grouped"] / rates["alone"], 2),
        "burst": _measured("grouped", burst, 500),
        **about_machine(),
    }


def _measured(way: str, webhooks: int, connections: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, _served(way, Path(folder)) as (port, token, pid):
        requests = [_request(token, number) for number in range(webhooks)]
        asyncio.run(_ask(port, requests[:1], 1, [], Counter()))  # the connector is opened
        before = _memory_mib(pid)
        times: list[float] = []
        statuses: Counter[int] = Counter()
        began = time.perf_counter()
        asyncio.run(_ask(port, requests, connections, times, statuses))
        took = time.perf_counter() - began
        grown = _memory_mib(pid) - before
        hundredths = quantiles(times, n=100)
        return {
            "per_second": round(webhooks / took), "p50_ms": round(hundredths[49] * 1000, 1),
            "p99_ms": round(hundredths[98] * 1000, 1), "statuses": dict(statuses),
            "kept": _kept(Path(folder)), "grown_mib": round(grown, 1),
        }  # fmt: skip


async def _ask(
    port: int, requests: Sequence[bytes], connections: int, times: list[float],
    statuses: Counter[int],
) -> None:  # fmt: skip
    left = iter(requests)

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            times.append(time.perf_counter() - began)
            statuses[int(head[9:12])] += 1
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))


def _request(token: str, number: int) -> bytes:
    body = json.dumps({"id": number, "note": "x" * BODY_BYTES}).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
    return (
        f"POST /hooks/{token} HTTP/1.1\r\nhost: hub\r\ncontent-length: {len(body)}\r\n"
        f"content-type: application/json\r\nx-wc-webhook-topic: order.updated\r\n"
        f"x-wc-webhook-source: {SHOP}/\r\nx-wc-webhook-signature: {signature.decode()}\r\n\r\n"
    ).encode() + body


@contextmanager
def _served(way: str, home: Path) -> Iterator[tuple[int, str, int]]:
    command = [sys.executable, "-m", "tests.benchmarks.intake", "--serve", way, "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        try:
            yield int(port), token, process.pid
        finally:
            process.terminate()


def _serve(way: str, home: Path) -> None:
    if way == "alone":
        mailroom.LARGEST_GROUP = 1
    if way == "forgetful":
        webhooks.keep_each = lambda hub, letters: [1] * len(letters)
    settings = Settings(home=home, secret_key=HUB_KEY.hex(), database_url="")
    bootstrap.initialise(settings)
    system = bootstrap.build(settings)
    token = _connect(system)
    server = uvicorn.Server(
        uvicorn.Config(create_app(system.hub), log_level="error", access_log=False, port=0)
    )
    config = server.config
    config.load()
    socket = config.bind_socket()
    print(socket.getsockname()[1], token, flush=True)
    asyncio.run(server.serve([socket]))


def _connect(system: bootstrap.System) -> str:
    new = NewConnection(
        code="NYC", connector="woocommerce", family=Family.STOREFRONT, title="Shop",
        shown={"url": SHOP, "consumer_key": "ck_x"},
        secrets={"consumer_secret": "cs_x", "webhook_secret": SECRET},
        account=Account(id=SHOP, title="Shop", currency="USD"), concurrency=2,
    )  # fmt: skip
    with system.hub.store.unit_of_work() as unit:
        connection_id = add_connection(unit, new)
    return system.hub.connection(connection_id).hook_token


def _kept(home: Path) -> int:
    system = bootstrap.build(Settings(home=home, secret_key=HUB_KEY.hex(), database_url=""))
    try:
        with system.hub.store.reading() as database:
            return int(
                database.execute(select(func.count()).select_from(tables.inbox)).scalar_one()
            )
    finally:
        system.close()


def _memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
