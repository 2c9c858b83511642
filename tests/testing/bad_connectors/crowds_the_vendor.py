"""Makes more requests at once than it declares."""

from concurrent.futures import ThreadPoolExecutor

from hub.sdk import Account, Connector, RateLimit, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["it_stays_within_the_rate_it_declares"]


class Crowd(good.Acme):
    def check(self) -> Account:
        with ThreadPoolExecutor(6) as pool:
            return list(pool.map(lambda _: good.Acme.check(self), range(6)))[0]


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Crowd, rate=RateLimit(calls=5, concurrency=2))
