"""Promises look-up and never finds anything."""

from hub.sdk import Accepted, Connector, ShipmentNotice, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_was_done_is_found_by_its_key[find_shipment]"]


class Blind(good.Acme):
    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        super().find_shipment(notice, key=key)
        return None


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Blind, provides=good.SHIPS)
