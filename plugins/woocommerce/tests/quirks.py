"""The table of quirks: which line of the measurements each test stands for, and the shop to try."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hub_woocommerce import WooCommerce
from plugins.woocommerce.tests.conftest import KEYS, connectors
from plugins.woocommerce.tests.twin_shop import Shop, open_shop

Test = TypeVar("Test", bound=Callable[..., None])
ROWS: dict[str, list[str]] = {}
"""How a line of the measurements begins, and the tests that stand for it."""


def quirk(line: str) -> Callable[[Test], Test]:
    """Enter a test for the line that begins so: the twin does it, the connector survives it."""

    def enter(test: Test) -> Test:
        ROWS.setdefault(line, []).append(test.__name__)
        return test

    return enter


@dataclass(frozen=True)
class World:
    """A shop over https: by hand (`shop`), and through the connector (`hub`)."""

    shop: Shop
    hub: WooCommerce

    def buy(self, sku: str = "HB-250", quantity: int = 1, **more: Any) -> Any:
        """Let a customer buy something."""
        return self.shop.place(sku, quantity, **more)

    def orders(self, cursor: str | None = None) -> tuple[dict[str, Any], str]:
        """Pull orders through the connector: translated, by id, and the cursor after them."""
        found, after = {}, ""
        for page in self.hub.pull_orders(cursor):
            after = page.cursor
            for raw in page.items:
                order = self.hub.to_order(raw)
                found[order["external_id"]] = order
        return found, after

    def requests(self, method: str | None = None, path: str = "") -> list[str]:
        """Give the addresses that were asked for, oldest first."""
        return [one.path for one in self.shop.twin.log.answers(method, path)]


@contextmanager
def a_world(folder: Path, **options: object) -> Iterator[World]:
    """Open a shop whose clock stands still, and the connector to it."""
    with open_shop(folder, **options) as shop, connectors() as connect:
        shop.twin.freeze()
        yield World(shop, connect(shop.twin.url, ca_file=str(folder / "ca.pem"), **KEYS))
