"""Walks from the newest order to the oldest."""

from collections.abc import Iterator

from hub.sdk import Connector, Page, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["the_oldest_change_comes_first[pull_orders]"]


class Backwards(good.Acme):
    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        pages = list(super().pull_orders(cursor))
        items = [item for page in reversed(pages) for item in reversed(page.items)]
        half = len(items) // 2
        if half:
            yield Page(items=tuple(items[:half]), cursor=cursor or "-")
        yield Page(items=tuple(items[half:]), cursor=pages[-1].cursor, last=True)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Backwards)
