"""Takes a status nobody knows for an order to be shipped."""

from hub.sdk import ChannelState, Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["an_unknown_status_is_unknown[to_order]"]


class Optimist(good.Acme):
    def state(self, status: str) -> ChannelState:
        return self.states.get(status, ChannelState.OPEN)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Optimist)
