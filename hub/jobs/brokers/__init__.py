"""The brokers that carry hints to workers, and the choice between them."""

from hub.jobs.brokers.embedded import EmbeddedBroker
from hub.jobs.brokers.hints import MOST_MESSAGES, HintBroker
from hub.jobs.brokers.redis import RedisBroker

__all__ = ["MOST_MESSAGES", "EmbeddedBroker", "HintBroker", "RedisBroker", "choose_broker"]


def choose_broker(redis_url: str, namespace: str) -> HintBroker:
    """Give the broker of an installation: in memory, or on Redis where that has an address.

    `namespace` keeps hubs apart that share one Redis. Raises `ValueError` for a bad address.
    """
    return RedisBroker(redis_url, namespace) if redis_url else EmbeddedBroker()
