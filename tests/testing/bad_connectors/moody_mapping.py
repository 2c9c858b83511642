"""Maps by the clock."""

from collections.abc import Mapping
from typing import Any

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["mapping_again_gives_the_same[to_order]"]


class Moody(good.Acme):
    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        return {**super().to_order(raw), "updated_at": self.opening.clock()}


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Moody)
