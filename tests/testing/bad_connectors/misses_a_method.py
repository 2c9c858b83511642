"""Has one method of a capability and not the other."""

from hub.sdk import Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["it_has_what_it_provides[PullOrders]"]


class Half:
    def __init__(self, opening: object) -> None:
        self._whole = good.Acme(opening)  # type: ignore[arg-type]
        self.check, self.pull_orders = self._whole.check, self._whole.pull_orders
        self.to_order = self._whole.to_order


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Half)
