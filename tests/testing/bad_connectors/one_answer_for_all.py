"""Answers a batch for its first item only."""

from collections.abc import Sequence

from hub.sdk import Connector, StockAnswer, StockTarget, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["every_item_of_a_batch_is_answered_for[push_stock]"]


class Brief(good.Acme):
    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        return super().push_stock(targets)[:1]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Brief, provides=good.SELLS)
