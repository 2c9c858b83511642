"""Takes a login page for an empty list."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["trouble_is_named[a login page]"]


class Gullible(good.Acme):
    def sheet(self, since: str) -> good.Sheet:
        answer = self.http.get("/orders", params={"since": since}, headers={"accept": "*/*"})
        if answer.content_type == "text/html":
            return good.Sheet([], since or "-", False)
        return answer.decode(good.Sheet)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Gullible)
