"""Logs whom an order is for."""

import logging
from collections.abc import Mapping
from typing import Any

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["no_personal_datum_is_ever_shown"]


class Chatty(good.Acme):
    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        order = super().to_order(raw)
        logging.getLogger("acme").info("mapped the order of %s", order["ship_to"]["name"])
        return order


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Chatty)
