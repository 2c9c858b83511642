"""Puts the token into an error."""

from hub.sdk import Account, Connector, RejectedError, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["no_secret_is_ever_shown"]


class Leaky(good.Acme):
    def check(self) -> Account:
        try:
            return super().check()
        except RejectedError as error:
            raise RejectedError(f"{error} (token {self.token.reveal()})") from None


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Leaky)
