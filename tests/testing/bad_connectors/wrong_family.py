"""Provides what no shop can."""

from hub.sdk import Connector, LabelRequest, QuoteRates, Rate, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["what_it_provides_and_lacks_belongs_to_its_family"]


class Carrying(good.Acme):
    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        return ()


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Carrying, provides=(*good.READS, QuoteRates))
