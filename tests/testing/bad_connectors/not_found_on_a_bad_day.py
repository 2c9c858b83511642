"""Says that nothing is there when the list could not be read."""

from hub.sdk import Accepted, Connector, ShipmentNotice, TransientError, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["a_look_up_on_a_bad_day_proves_nothing[find_shipment]"]


class Shrugging(good.Acme):
    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        try:
            return super().find_shipment(notice, key=key)
        except TransientError as error:
            if "503" in error.reason:
                return None
            raise


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Shrugging, provides=good.SHIPS)
