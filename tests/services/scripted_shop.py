"""A shop without a network: it shows the pages a test gives it, and fails where it is told to."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from hub.records.catalogue import Tracking
from hub.records.order import ChannelState
from hub.sdk import (
    CAPABILITIES,
    Account,
    Connector,
    Family,
    MappingError,
    Opening,
    Page,
    PullOrders,
    PullProducts,
)
from hub.sdk.hooks import hookimpl
from tests.records.order_example import PLACED, line, order


def raw_order(external_id: str, version: int = 0, **said: Any) -> bytes:
    """Give the bytes of an order; `lines` are quantities by id, `bad` is what is wrong with it."""
    given = {"state": "open", "lines": {"1": 2}}
    return json.dumps({"id": external_id, "version": version, **given, **said}).encode()


class ScriptedShop:
    """Pages are numbered; a cursor is the number of the next page."""

    def __init__(self, opening: Opening) -> None:
        self.orders: list[list[bytes] | Exception] = []
        self.products: list[list[bytes]] = [[]]
        self.asked: list[str | None] = []

    def check(self) -> Account:
        return Account(id="scripted", title="Scripted")

    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        self.asked.append(cursor)
        return _pages(self.orders, cursor)

    def read_order(self, external_id: str) -> bytes:
        raise NotImplementedError

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        said = json.loads(raw)
        if said.get("bad") == "mapping":
            raise MappingError("status", "weird")
        if said.get("bad") == "mistake":
            raise KeyError("the plugin's own")
        at = PLACED + timedelta(minutes=said["version"])
        lines = tuple(
            line(key, quantity=units, fulfilled=said.get("fulfilled", {}).get(key, 0))
            for key, units in said["lines"].items()
        )
        made = order(
            external_id=said["id"], number=said["id"], updated_at=at, lines=lines,
            state=ChannelState(said["state"]), channel_status=f"v{said['version']}",
            total_minor=600 + 2000 * len(lines),
        )  # fmt: skip
        return {**made.model_dump(), **said.get("override", {})}

    def pull_products(self, cursor: str | None) -> Iterator[Page]:
        return _pages(self.products, cursor)

    def to_listing(self, raw: bytes) -> Mapping[str, Any]:
        said = json.loads(raw)
        return {"external_id": said["id"], "title": said["id"], "sku": said["id"],
                "tracking": Tracking.COUNTED, "quantity": 5, "updated_at": PLACED}  # fmt: skip


def _pages(pages: Any, cursor: str | None) -> Iterator[Page]:
    start = int(cursor or 0)
    for number, items in enumerate(pages[start:], start + 1):
        if isinstance(items, Exception):
            raise items
        yield Page(tuple(items), str(number), last=number == len(pages))


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the scripted shop."""
    provides = (PullOrders, PullProducts)
    lacks = {one: "A script." for one in CAPABILITIES["storefront"] if one not in provides}
    return [
        Connector(
            name="scripted", title="Scripted", family=Family.STOREFRONT, factory=ScriptedShop,
            config_schema={}, provides=provides, lacks=lacks,
        )
    ]  # fmt: skip
