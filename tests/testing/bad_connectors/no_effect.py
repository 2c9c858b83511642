"""Does not tell the client that it spends."""

from hub.sdk import Accepted, Connector, ShipmentNotice, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["its_effects_are_sent_as_effects[push_shipment]"]


class Silent(good.Acme):
    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        path = f"/orders/{notice.order_external_id}/shipments"
        made = self.http.post(path, json={}, headers={"Idempotency-Key": key}).json()
        return Accepted(made["id"])


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Silent, provides=good.SHIPS)
