"""Takes a lost answer of an effect for a refusal."""

from hub.sdk import (
    Accepted,
    Connector,
    RejectedError,
    ShipmentNotice,
    UnknownOutcomeError,
    hookimpl,
)
from tests.testing.bad_connectors import good

FAILS = ["a_lost_answer_is_unknown[push_shipment]"]


class Certain(good.Acme):
    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        try:
            return super().push_shipment(notice, key=key)
        except UnknownOutcomeError as error:
            if "no complete answer" in error.reason or "silent" in error.reason:
                raise RejectedError(error.reason) from None
            raise


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Certain, provides=good.SHIPS)
