"""Says what it lacks in one word."""

from hub.sdk import CAPABILITIES, Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_it_lacks_is_said_in_sentences"]


REST = [one for one in CAPABILITIES["storefront"] if one not in good.READS]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(lacks=dict.fromkeys(REST, "unsupported"))
