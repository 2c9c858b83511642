"""A shop at the network's edge, and orders to fill it with."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import respx

from hub.records.base import system_clock
from hub.sdk import Account, Clock, Opening, Secret
from hub.sdk.http import AllowedAddresses, HttpClient
from hub.testing.twins import RunningTwin, running
from hub_woocommerce import WooCommerce
from plugins.woocommerce.tests.receiver import Receiver, receiving

TWIN = "hub_woocommerce.twin:twin"
KEYS = {"key": "ck_twin", "secret": "cs_twin"}

ORDER: dict[str, Any] = {
    "id": 7,
    "number": "7",
    "status": "processing",
    "currency": "EUR",
    "prices_include_tax": False,
    "date_created_gmt": "2026-03-01T10:00:00",
    "date_modified_gmt": "2026-03-01T10:00:05",
    "date_paid_gmt": "2026-03-01T10:00:01",
    "date_completed_gmt": None,
    "discount_total": "1.00",
    "shipping_total": "4.90",
    "total": "29.80",
    "total_tax": "4.90",
    "payment_method": "stripe",
    "transaction_id": "pi_1",
    "customer_note": "ring twice",
    "billing": {"first_name": "Ada", "last_name": "Byron", "country": "DE", "city": "Berlin"},
    "shipping": {
        "first_name": "Ada", "last_name": "Byron", "company": "", "address_1": "Allee 1",
        "address_2": "", "city": "Berlin", "state": "DE-BE", "postcode": "10115", "country": "DE",
        "phone": "",
    },
    "line_items": [
        {
            "id": 70, "name": "Cup &amp; saucer", "product_id": 12, "variation_id": 0,
            "quantity": 3, "subtotal": "21.00", "total": "20.00", "total_tax": "3.80",
            "sku": "CUP", "price": 6.666666666666667,
            "meta_data": [{"id": 1, "key": "_reduced_stock", "value": "3"}],
        }
    ],
    "shipping_lines": [{"id": 71, "method_title": "Parcel", "total": "4.90"}],
    "fee_lines": [],
    "refunds": [],
    "meta_data": [],
}  # fmt: skip


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    """Build an order with some fields changed."""
    return lambda **changed: json.loads(json.dumps(ORDER)) | changed


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def connect() -> Iterator[Callable[..., WooCommerce]]:
    """Open connectors of shops."""
    with connectors() as make:
        yield make


@contextmanager
def connectors() -> Iterator[Callable[..., WooCommerce]]:
    """Open connectors of shops, and hang up afterwards."""
    clients: list[HttpClient] = []

    def http(ca_file: str | None, base_url: str, **options: Any) -> HttpClient:
        parts = urlsplit(base_url)
        default = 443 if parts.scheme == "https" else 80
        here = AllowedAddresses.parse([f"{parts.hostname}:{parts.port or default}"])
        clients.append(HttpClient(base_url, allow=here, ca_file=ca_file, **options))
        return clients[-1]

    def make(
        url: str = "https://shop.example",
        key: str = "ck_" + "1" * 40,
        secret: str = "cs_secret",
        ca_file: str | None = None,
        clock: Clock = system_clock,
        account: Account | None = None,
        **config: Any,
    ) -> WooCommerce:
        keys = {"consumer_key": Secret(key), "consumer_secret": Secret(secret)}
        whole = {"url": url, **keys, **config}
        return WooCommerce(Opening("C", whole, partial(http, ca_file), clock, account=account))

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who takes the shop's webhooks."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def new_york(tmp_path: Path) -> Iterator[RunningTwin]:
    """A shop of our own samples whose clock stands still; its gateway for cards pays back."""
    with running(TWIN, data=tmp_path / "twin.db", paying_gateways="stripe") as twin:
        twin.freeze()
        yield twin


@pytest.fixture
def connected(new_york: RunningTwin, connect: Callable[..., WooCommerce]) -> WooCommerce:
    """The connector of that shop."""
    return connect(new_york.url, **KEYS)
