"""The smallest connector of plugins/README.md is a connector, word for word."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.records.order import ChannelState, Order
from hub.registry import load_plugins
from hub.sdk import hookimpl
from hub.sdk.errors import MappingError
from hub.sdk.response import Response
from hub.testing import ConnectorSuite
from hub.testing.twins import TwinState
from tests.testing.bad_connectors import vendor
from tests.testing.bad_connectors.judge import judged

PAGE = Path(__file__).parent.parent / "plugins" / "README.md"
ORDER = {
    "id": "1", "number": "1001", "status": "paid", "placed": "2026-11-22T09:15:01Z",
    "currency": "USD", "cents": 2000, "name": "Ada", "street": "1 Road", "city": "Albany",
    "country": "US",
    "lines": [{"id": "7", "product": "43", "sku": "TEE-M", "title": "T-shirt", "units": 2,
               "cents": 1000}],
}  # fmt: skip


def placed(number: int, status: str = "paid") -> dict[str, Any]:
    """Give an order; `changed` is what the simulated shop's list goes by."""
    at = f"2026-11-20T09:{number:02}:00Z"
    return ORDER | {"id": f"o{number}", "number": str(number), "status": status, "changed": at}


def place_order(state: TwinState, given: Any) -> Any:
    """Let a customer order."""
    order = placed(state.next("placed") + 30)
    state.put("order", order["id"], order)
    return order


def seed(state: TwinState, folder: Path | None) -> None:
    """Fill more than one page."""
    for number in range(1, 6):
        state.put("order", f"o{number}", placed(number))


twin = replace(vendor.twin, seed=seed, actions={"place_order": place_order})


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
    for odd in (b"{}", b"[]", b"null", b"{", b'{"lines": 7}', b"\xff", b"[" * 5000):
        with pytest.raises(MappingError):
            shop.to_order(odd)


def test_it_passes_the_whole_conformance_suite(
    acme: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried = ModuleType("hub_acme_on_trial")  # the same, with a simulated vendor to be tried on
    monkeypatch.setitem(sys.modules, tried.__name__, tried)
    bring = acme.hub_connectors
    on_trial = [replace(one, twin=f"{__name__}:twin") for one in bring()]
    tried.hub_connectors = hookimpl(lambda: on_trial)  # type: ignore[attr-defined]
    samples = tmp_path / "samples" / "orders"
    samples.mkdir(parents=True)
    (samples / "paid.json").write_text(json.dumps(ORDER))
    (samples / "unknown-status.json").write_text(json.dumps(ORDER | {"status": "?"}))
    (samples / "bad.json").write_text(json.dumps(ORDER | {"cents": "2000"}))
    given = {"connector": "acme", "module": tried.__name__, "samples": samples.parent,
             "changes": {"pull_orders": ("place_order", {})}}  # fmt: skip
    trial = type("Trial", (ConnectorSuite,), given)
    assert judged(trial, tmp_path) == {}
