"""Takes an error of the server for the end of the list."""

from hub.sdk import Connector, hookimpl
from hub.sdk.http import ANY_2XX
from tests.testing.bad_connectors import good

FAILS = [
    "a_failure_on_a_later_page_is_no_end[pull_orders]",
    "trouble_is_named[500 after it was done]",
    "trouble_is_named[500]",
]


class Calm(good.Acme):
    def sheet(self, since: str) -> good.Sheet:
        expect = ANY_2XX | {500}
        answer = self.http.get("/orders", params={"since": since}, expect=expect)
        if answer.status == 500:
            return good.Sheet([], since or "-", False)
        return answer.decode(good.Sheet)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Calm)
