"""Promises nothing of its effect."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["its_effects_say_what_can_be_relied_on[push_shipment]"]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(provides=good.SHIPS, effects={})
