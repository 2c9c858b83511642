"""Calls the shop when it is opened."""

from hub.sdk import Connector, Opening, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["opening_it_asks_nobody"]


class Early(good.Acme):
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.me = self.http.get("/me").json()


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Early)
