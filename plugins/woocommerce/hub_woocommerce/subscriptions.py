"""Keeps the shop's webhooks as they should be: there, active, and signed with the hub's secret."""

import msgspec

from hub.sdk import RejectedError, Secret, Subscription
from hub_woocommerce import wire
from hub_woocommerce.client import Shop

_FIELDS = "id,topic,delivery_url,status"


class _Hook(msgspec.Struct):
    id: int
    topic: str
    delivery_url: str
    status: str


_hook = wire.decoder(_Hook)


def list_subscriptions(shop: Shop) -> tuple[Subscription, ...]:
    """List every webhook of the shop, oldest first."""
    found = shop.all("webhooks", {"status": "all", "_fields": _FIELDS})
    return tuple(_subscription(raw) for raw in found)


def put_subscription(shop: Shop, topic: str, address: str, secret: Secret) -> Subscription:
    """Make one active webhook of this topic and address; repeats of it are removed.

    A webhook there already is written again whole: the shop never shows its secret, so that only
    writing it makes sure of it, and writing `active` forgets its failures.
    """
    same = [one for one in list_subscriptions(shop) if (one.topic, one.address) == (topic, address)]
    body = {"status": "active", "topic": topic, "delivery_url": address, "secret": secret.reveal()}
    only = {"_fields": _FIELDS}
    if same:
        answer = shop.set(f"webhooks/{same[0].external_id}", body, only)
    else:
        answer = shop.create("webhooks", {"name": f"Commerce Hub {topic}", **body}, only)
    for repeat in same[1:]:
        remove_subscription(shop, repeat.external_id)
    return _subscription(answer.body)


def remove_subscription(shop: Shop, external_id: str) -> None:
    """Remove a webhook; one that is gone already is no error."""
    try:
        shop.remove(f"webhooks/{external_id}")
    except RejectedError as error:
        if error.code != "not_found":
            raise


def _subscription(raw: bytes) -> Subscription:
    hook, _ = wire.decode(_hook, raw)
    return Subscription(
        external_id=str(hook.id),
        topic=hook.topic,
        address=hook.delivery_url,
        active=hook.status == "active",
    )
