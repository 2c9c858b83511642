"""Claims a capability that it does not have."""

from hub.sdk import Connector, PushTracking, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["it_has_what_it_provides[PushTracking]"]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(provides=(*good.READS, PushTracking))
