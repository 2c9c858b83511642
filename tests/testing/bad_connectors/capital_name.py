"""Has a name with capitals."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

SUITE = {"connector": "Acme"}
FAILS = ["its_name_is_lower_case"]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(name="Acme")
