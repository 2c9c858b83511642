"""Asks for more than the hub gives."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["its_methods_take_what_the_hub_gives[PullOrders]"]


class Demanding(good.Acme):
    def read_order(self, external_id: str, store: str) -> bytes:  # type: ignore[override]
        return super().read_order(external_id)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Demanding)
