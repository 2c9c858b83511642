"""Gives the cursor of the page after the next."""

from collections.abc import Iterator
from dataclasses import replace

from hub.sdk import Connector, Page, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["a_walk_taken_up_after_any_page_has_no_gap[pull_orders]"]


class Hasty(good.Acme):
    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        pages = list(super().pull_orders(cursor))
        for page, after in zip(pages, [*pages[1:], pages[-1]], strict=True):
            yield replace(page, cursor=after.cursor)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Hasty)
