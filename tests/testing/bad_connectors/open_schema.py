"""Takes any field."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["its_schema_meets_the_meta_schema"]


CONFIG = {**good.CONFIG, "additionalProperties": True}


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(config_schema=CONFIG)
