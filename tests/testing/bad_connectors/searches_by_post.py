"""Good, for a vendor whose lists are asked for by POST."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good


class Searching(good.Acme):
    def sheet(self, since: str) -> good.Sheet:
        return self.http.post("/orders", params={"since": since}).decode(good.Sheet)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Searching)
