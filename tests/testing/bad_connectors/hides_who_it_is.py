"""Comes as a browser."""

from hub.sdk import Connector, Opening, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["its_user_agent_names_hub_and_connector"]


class Masked(good.Acme):
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        headers = {"x-token": self.token}
        self.http = opening.http(self.url, headers=headers, user_agent="Mozilla/5.0")


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Masked)
