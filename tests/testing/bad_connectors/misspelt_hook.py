"""Misspells its hook."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["the_hub_takes_the_plugin"]


@hookimpl
def hub_connector() -> list[Connector]:
    return []


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector()
