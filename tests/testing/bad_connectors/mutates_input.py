"""Empties the list it was given."""

from collections.abc import Sequence

from hub.sdk import Connector, StockAnswer, StockTarget, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["it_leaves_what_it_is_given_alone"]


class Greedy(good.Acme):
    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        mine = []
        while targets:
            mine.append(targets.pop(0))  # type: ignore[attr-defined]
        return super().push_stock(mine)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Greedy, provides=(*good.READS, *good.SELLS))
