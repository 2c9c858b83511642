"""Asks for the same page again and again."""

from collections.abc import Iterator

from hub.sdk import Connector, Page, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["a_walk_ends_and_says_so[pull_orders]"]


class Circling(good.Acme):
    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        while True:
            sheet = self.sheet(cursor or "")
            yield Page(items=tuple(map(bytes, sheet.orders)), cursor=sheet.next)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Circling)
