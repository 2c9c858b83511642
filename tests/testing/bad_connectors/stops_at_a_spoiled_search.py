"""Lets one odd record end the walk, where the list is asked for by POST."""

from hub.sdk import Connector, hookimpl
from hub.sdk.payload import clean_json
from tests.testing.bad_connectors import good, searches_by_post

FAILS = ["a_spoiled_record_does_not_end_the_walk[pull_orders]"]


class Fragile(searches_by_post.Searching):
    def sheet(self, since: str) -> good.Sheet:
        sheet = super().sheet(since)
        for raw in sheet.orders:
            assert clean_json(bytes(raw))["customer"]["name"]
        return sheet


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Fragile)
