"""Lets one odd record end the walk."""

from hub.sdk import Connector, hookimpl
from hub.sdk.payload import clean_json
from tests.testing.bad_connectors import good

FAILS = ["a_spoiled_record_does_not_end_the_walk[pull_orders]"]


class Fragile(good.Acme):
    def sheet(self, since: str) -> good.Sheet:
        sheet = super().sheet(since)
        for raw in sheet.orders:
            assert clean_json(bytes(raw))["customer"]["name"]
        return sheet


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Fragile)
