"""Answers what was asked without asking the shop."""

from collections.abc import Sequence

from hub.sdk import Connector, StockAnswer, StockTarget, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_was_set_is_what_the_vendor_shows[push_stock]"]


class Pretender(good.Acme):
    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        answers = super().push_stock([one.model_copy(update={"quantity": 3}) for one in targets])
        wished = {one.external_id: one.quantity for one in targets}
        return tuple(
            StockAnswer(a.external_id, None if a.problem else wished[a.external_id], a.problem)
            for a in answers
        )


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Pretender, provides=good.SELLS)
