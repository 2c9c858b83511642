"""Never gives the key to the vendor."""

from datetime import timedelta

from hub.sdk import Accepted, Connector, EffectTraits, PushShipment, ShipmentNotice, hookimpl
from tests.testing.bad_connectors import good

FAILS = [
    "a_lost_answer_heals_without_doing_it_twice[push_shipment]",
    "the_same_key_twice_makes_one_thing[push_shipment]",
]


KEPT = EffectTraits(key_retention=timedelta(days=1))


class Forgetful(good.Acme):
    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        path = f"/orders/{notice.order_external_id}/shipments"
        return Accepted(self.http.post(path, json={}, effect=True).json()["id"])


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Forgetful, provides=good.SHIPS, effects={PushShipment: KEPT})
