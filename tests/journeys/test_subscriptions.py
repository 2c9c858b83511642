"""A shop's webhooks are kept by the hub: put, mended when they fall silent, signed anew."""

from collections.abc import Iterator

import pytest

from hub.reports.webhooks import WebhooksDetail, webhooks_detail
from hub.sdk import ManageWebhooks
from hub.services.vendors.subscriptions import rotate_webhook_secret
from hub.services.work import owe
from hub.store import tables
from tests.journeys.front_door import open_door
from tests.journeys.story import HOOK_SECRET, Story

BURST = 8
"""More failures in a row than a shop suffers before it switches a webhook off."""


@pytest.fixture
def heard(story: Story) -> Iterator[Story]:
    """A shop open for business, told of by webhooks: it is polled four times a day only."""
    with open_door(story.world):
        story.open_for_business(orders=0, only_products="HB-250,MUG-SET", webhook_delay=3600)
        audit(story)
        tell(story)  # the pings
        yield story


def audit(story: Story) -> None:
    shop = story.world.hub.connection("NYC").id
    with story.world.hub.store.unit_of_work() as unit:
        owe(unit, "audit_webhooks", shop, shop)
    story.world.run()


def tell(story: Story) -> set[int]:
    """The shop sends all it owes; gives what the hub answered to what was about orders."""
    delivered = story.shops["NYC"].deliver()
    return {sent["status"] for sent in delivered if sent["topic"].startswith("order.")}


def standing(story: Story) -> list[str]:
    hooks = story.shops["NYC"].documents("webhook")
    return sorted(hook["topic"] for hook in hooks if hook["status"] == "active")


def wanted(story: Story) -> list[str]:
    return sorted(story.world.hub.registry.connector("woocommerce").webhook_topics)


def sign_with(story: Story, secret: str) -> None:
    """Somebody at the shop types another secret into every webhook about orders."""
    shop = story.shops["NYC"]
    for hook in shop.documents("webhook"):
        if hook["resource"] == "order":
            shop.merge("webhook", hook["id"], secret=secret)


def detail(story: Story) -> WebhooksDetail:
    hub, shop = story.world.hub, story.world.hub.connection("NYC")
    with hub.store.reading() as database:
        return webhooks_detail(database, shop.id, wanted(story), True, story.world.clock())


def mended(story: Story) -> list[str]:
    rows = story.world.rows(tables.decision, kind="webhooks", outcome="mended")
    return sorted(topic for row in rows for topic in row.document["topics"])


def test_a_connected_shop_is_told_where_to_ring(heard: Story) -> None:
    hooks = heard.shops["NYC"].documents("webhook")
    assert standing(heard) == wanted(heard)
    assert all(hook["delivery_url"].startswith(heard.world.public_url) for hook in hooks)
    number = heard.buy("HB-250")
    assert tell(heard) == {200}
    heard.world.run()
    assert heard.labels() == [number], "nobody polled"
    heard.hand_over()
    heard.end_well()


def test_webhooks_switched_off_are_mended_the_gap_is_polled_and_the_loss_counted(
    heard: Story,
) -> None:
    sign_with(heard, "somebody else's")
    lost = [heard.buy("MUG-SET") for _ in range(BURST)]
    assert tell(heard) == {401}
    silent = sorted(set(wanted(heard)) - set(standing(heard)))
    assert "order.created" in silent
    audit(heard)
    assert standing(heard) == wanted(heard)
    assert mended(heard) == silent
    assert sorted(heard.labels()) == sorted(lost), "the gap is polled at once"
    number = heard.buy("HB-250")
    assert tell(heard) == {200}, "the secret is the hub's again"
    heard.world.run()
    assert number in heard.labels()
    heard.pass_time(minutes=20)
    audit(heard)
    loss = detail(heard).loss
    assert loss.unheard >= BURST, "polling alone had found them"
    assert loss.changes > loss.unheard
    heard.end_well()


def test_a_deleted_subscription_is_made_again(heard: Story) -> None:
    hub = heard.world.hub
    manager = hub.open(hub.connection("NYC")).offering(ManageWebhooks)
    assert manager is not None
    (gone,) = (one for one in manager.list_subscriptions() if one.topic == "order.updated")
    manager.remove_subscription(gone.external_id)
    audit(heard)
    assert standing(heard) == wanted(heard)
    assert mended(heard) == ["order.updated"]
    assert [one.state for one in detail(heard).topics] == ["standing"] * len(wanted(heard))
    heard.end_well()


def test_a_new_secret_lets_in_what_was_signed_with_the_old_one_for_a_while(heard: Story) -> None:
    rotate_webhook_secret(heard.world.hub, "NYC")
    first = heard.buy("HB-250")
    assert tell(heard) == {200}, "the shop does not know the new one yet"
    heard.world.run()
    shop = heard.shops["NYC"]
    secrets = {hook["secret"] for hook in shop.documents("webhook")}
    assert len(secrets) == 1 and HOOK_SECRET not in secrets
    heard.world.canaries |= secrets
    second = heard.buy("HB-250")
    assert tell(heard) == {200}
    heard.world.run()
    assert heard.labels() == [first, second]
    heard.pass_time(hours=49)
    sign_with(heard, HOOK_SECRET)
    heard.buy("HB-250")
    assert tell(heard) == {401}, "who has the old secret only is nobody now"
    heard.sync()
    heard.end_well()
