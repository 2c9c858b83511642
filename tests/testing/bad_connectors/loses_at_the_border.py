"""Loses the last order of every page that has another after it."""

from collections.abc import Iterator
from dataclasses import replace

from hub.sdk import Connector, Page, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["all_that_the_vendor_has_is_pulled[pull_orders]"]


class Careless(good.Acme):
    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        for page in super().pull_orders(cursor):
            yield page if page.last else replace(page, items=page.items[:-1])


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Careless)
