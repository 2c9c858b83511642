"""The smallest connector of plugins/README.md is a connector, word for word."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.records.order import ChannelState, Order
from hub.registry import load_plugins
from hub.sdk.errors import MappingError
from hub.sdk.response import Response

PAGE = Path(__file__).parent.parent / "plugins" / "README.md"
ORDER = {
    "id": "1", "number": "1001", "status": "paid", "placed": "2026-11-22T09:15:01Z",
    "currency": "USD", "cents": 2000, "name": "Ada", "street": "1 Road", "city": "Albany",
    "country": "US",
    "lines": [{"id": "7", "product": "43", "sku": "TEE-M", "title": "T-shirt", "units": 2,
               "cents": 1000}],
}  # fmt: skip


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example as a module."""
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert code
    module = ModuleType("hub_acme")
    exec(compile(code[1], str(PAGE), "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "hub_acme", module)
    return module


class Shop:
    """Answers with two pages, whoever asks."""

    config = {"url": "https://shop.example"}

    def secret(self, name: str) -> str:
        return name

    def http(self, url: str, headers: Any) -> "Shop":
        return self

    def get(self, path: str, params: dict[str, str]) -> Response:
        since = params["since"]
        page = {"orders": [ORDER], "next": since + "x", "more": not since}
        return Response(200, body=json.dumps(page).encode())


def test_the_registry_takes_it(acme: ModuleType) -> None:
    assert "acme" in load_plugins(("none",), ("hub_acme",)).connectors


def test_its_pages_carry_the_orders_own_bytes_and_end(acme: Any) -> None:
    pages: Iterator[Any] = acme.Acme(Shop()).pull_orders(None)
    assert [(page.cursor, page.last) for page in pages] == [("x", False), ("xx", True)]
    (first, _) = acme.Acme(Shop()).pull_orders(None)
    assert json.loads(first.items[0]) == ORDER


def test_its_orders_are_orders(acme: Any) -> None:
    shop = acme.Acme(Shop())
    order = Order.model_validate(shop.to_order(json.dumps(ORDER).encode()))
    assert (order.total_minor, order.lines[0].total_minor, order.number) == (2000, 2000, "1001")
    strange = Order.model_validate(shop.to_order(json.dumps(ORDER | {"status": "?"}).encode()))
    assert strange.state == ChannelState.UNKNOWN
    with pytest.raises(MappingError, match="placed"):
        shop.to_order(b"{}")
