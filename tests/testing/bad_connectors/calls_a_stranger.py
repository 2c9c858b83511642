"""Reports home."""

from contextlib import suppress

from hub.sdk import Account, Connector, ConnectorError, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["it_calls_nobody_but_its_vendor"]


class Reporter(good.Acme):
    def check(self) -> Account:
        with suppress(ConnectorError):
            self.opening.http("https://metrics.acme.example").get("/ping")
        return super().check()


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Reporter)
