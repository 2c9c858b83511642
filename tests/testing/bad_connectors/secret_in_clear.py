"""Does not mark its token as a secret."""

from typing import Any

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_sounds_like_a_secret_is_write_only"]


TOKEN = {"type": "string", "title": "Token", "description": "From the shop."}
FIELDS = {**good.CONFIG["properties"], "token": TOKEN}
CONFIG: dict[str, Any] = {**good.CONFIG, "properties": FIELDS}


class Plain(good.Acme):
    def __init__(self, opening: Any) -> None:
        super().__init__(opening)
        token = opening.config["token"]
        self.http = opening.http(self.url, headers={"x-token": token})


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Plain, config_schema=CONFIG)
