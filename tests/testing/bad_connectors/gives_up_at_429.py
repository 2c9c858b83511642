"""Takes being told to slow down for a refusal."""

from hub.sdk import Account, Connector, RateLimitedError, RejectedError, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["trouble_is_named[429 with a time]", "trouble_is_named[429 without a time]"]


class Offended(good.Acme):
    def check(self) -> Account:
        try:
            return super().check()
        except RateLimitedError as error:
            raise RejectedError(error.reason) from None


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Offended)
