"""Takes any shipment of the order for the one it looks for."""

from hub.sdk import Accepted, Connector, ShipmentNotice, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_was_done_is_found_by_its_key[find_shipment]"]


class Hopeful(good.Acme):
    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        path = f"/orders/{notice.order_external_id}/shipments"
        rows = self.http.get(path).json()["shipments"]
        return Accepted(rows[-1]["id"]) if rows else Accepted("s0")


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Hopeful, provides=good.SHIPS)
