"""Webhook subscriptions: put where they are missing, mended, signed anew, removed when we leave."""

import pytest

from hub.domain.health import What, judge
from hub.domain.signals import Loss
from hub.records.connection import Subscription
from hub.reports.webhooks import WebhooksDetail, webhooks_detail
from hub.sdk import AuthError, TransientError
from hub.services.vendors.connect import resume
from hub.services.vendors.disconnect import disconnect
from hub.services.vendors.drift import find_drift
from hub.services.vendors.subscriptions import distrust_previous_secret, rotate_webhook_secret
from hub.store import tables
from hub.store.connections import open_previous_secrets, open_secrets
from hub.store.hearing import heard
from hub.store.schedules import enable_schedule, put_schedule
from hub.store.signals import read_signals
from hub.store.unit_of_work import Store
from tests.services.merchant import PUBLIC, Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows

TOPICS = ["order.created", "order.updated"]


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    made = Merchant(store, clock)
    made.owe("audit_webhooks")
    return made


def address(merchant: Merchant) -> str:
    return f"{PUBLIC}/hooks/{merchant.hub.connection('NYC').hook_token}"


def topics(merchant: Merchant) -> list[str]:
    return sorted(one.topic for one in merchant.shop.hooks.values() if one.active)


def puts(merchant: Merchant) -> int:
    return sum(line.startswith("put ") for line in merchant.shop.diary)


def test_wanted_topics_are_put_with_a_secret_of_our_own(merchant: Merchant) -> None:
    assert topics(merchant) == TOPICS
    assert {one.address for one in merchant.shop.hooks.values()} == {address(merchant)}
    shop = merchant.hub.connection("NYC")
    with merchant.store.reading() as database:
        kept = open_secrets(database, merchant.store.keyring, shop.id)["webhook_secret"]
    assert set(merchant.shop.secrets) == {kept} and len(kept) > 30
    merchant.owe("audit_webhooks")
    assert puts(merchant) == 2, "what stands is left alone"


def test_a_lost_or_silenced_subscription_is_mended_and_the_gap_polled(merchant: Merchant) -> None:
    first, second = list(merchant.shop.hooks)
    del merchant.shop.hooks[first]
    off = merchant.shop.hooks[second].model_copy(update={"active": False})
    merchant.shop.hooks[second] = off
    assert [one.there for one in find_drift(merchant.hub, "NYC") if one.kind == "webhook"] == [
        "missing", "switched off"
    ]  # fmt: skip
    asked = len(merchant.shop.asked)
    merchant.owe("audit_webhooks")
    assert topics(merchant) == TOPICS and len(merchant.shop.asked) > asked
    assert merchant.decisions("webhooks")[0]["topics"] == TOPICS
    assert find_drift(merchant.hub, "NYC") == []


def test_strangers_are_left_alone_and_our_own_leftovers_removed(merchant: Merchant) -> None:
    for id, where in (("x", "https://other.example/hook"), ("y", f"{PUBLIC}/hooks/old-token")):
        merchant.shop.hooks[id] = Subscription(
            external_id=id, topic=TOPICS[0], address=where, active=True
        )
    merchant.owe("audit_webhooks")
    assert "x" in merchant.shop.hooks and "y" not in merchant.shop.hooks


def troubles(merchant: Merchant) -> list[str]:
    with merchant.store.reading() as database:
        signals = read_signals(database, merchant.hub.registry.connectors, merchant.clock())
    found = [judge(one, merchant.clock()) for one in signals if one.code == "NYC"]
    return [one.sentence for one in found[0].troubles if one.what == What.OTHER_HUB]


@pytest.mark.parametrize("public_url", [PUBLIC, ""])
def test_another_hubs_webhooks_are_left_alone_and_told_of_until_they_are_gone(
    sqlite_store: Store, clock: SettableClock, public_url: str
) -> None:
    merchant = Merchant(sqlite_store, clock, public_url)
    token = "t" * 32
    for id, where in (("x", f"https://b.example/hooks/{token}"), ("y", "https://c.example/hook")):
        merchant.shop.hooks[id] = Subscription(
            external_id=id, topic=TOPICS[0], address=where, active=True
        )
    merchant.owe("audit_webhooks")
    assert troubles(merchant) == [
        "another hub seems to work here with the same credentials: "
        "webhooks go to https://b.example too"
    ]
    assert set(merchant.shop.hooks) >= {"x", "y"}
    del merchant.shop.hooks["x"]
    merchant.owe("audit_webhooks")
    assert troubles(merchant) == []


def test_who_may_not_see_the_webhooks_is_not_bothered_by_it(
    sqlite_store: Store, clock: SettableClock
) -> None:
    merchant = Merchant(sqlite_store, clock, "")
    merchant.shop.list_trouble = AuthError("webhooks are not yours to see")
    merchant.owe("audit_webhooks")
    assert merchant.hub.connection("NYC").state == "active" and troubles(merchant) == []


def test_a_new_secret_is_put_everywhere_and_the_old_one_believed_for_a_while(
    merchant: Merchant,
) -> None:
    old = merchant.shop.secrets[-1]
    rotate_webhook_secret(merchant.hub, "NYC")
    merchant.run()
    new = merchant.shop.secrets[-1]
    assert new != old and merchant.shop.secrets[-2] == new and puts(merchant) == 4
    shop = merchant.hub.connection("NYC")
    with merchant.store.reading() as database:
        before = open_previous_secrets(database, merchant.store.keyring, shop.id, merchant.clock())
    assert before is not None and before["webhook_secret"] == old


def test_a_secret_that_leaked_is_believed_no_longer_at_once(merchant: Merchant) -> None:
    distrust_previous_secret(merchant.hub, "NYC")
    rotate_webhook_secret(merchant.hub, "NYC")
    assert detail(merchant).previous_believed_until is not None
    assert distrust_previous_secret(merchant.hub, "NYC")
    assert detail(merchant).previous_believed_until is None
    shop = merchant.hub.connection("NYC").id
    with merchant.store.reading() as database:
        known = merchant.store.keyring, shop, merchant.clock()
        assert open_previous_secrets(database, *known) is None
    assert not distrust_previous_secret(merchant.hub, "NYC"), "there is none any more"


def detail(merchant: Merchant) -> WebhooksDetail:
    shop = merchant.hub.connection("NYC").id
    with merchant.store.reading() as database:
        return webhooks_detail(database, shop, TOPICS, True, merchant.clock())


def test_each_topic_is_told_as_it_stands(merchant: Merchant) -> None:
    assert [(one.topic, one.state) for one in detail(merchant).topics] == [
        (topic, "standing") for topic in TOPICS
    ]
    merchant.shop.hooks.clear()
    merchant.shop.trouble = AuthError("the key may not write this")
    merchant.owe("audit_webhooks")
    refused, put = detail(merchant).topics
    assert (refused.state, refused.problem) == ("refused", "the key may not write this")
    assert put.state == "standing"


def test_a_key_that_may_only_read_does_not_stop_the_connection(merchant: Merchant) -> None:
    merchant.shop.hooks.clear()
    merchant.shop.trouble = AuthError("the key may not write this")
    merchant.owe("audit_webhooks")
    assert merchant.hub.connection("NYC").state == "active"
    problems = [row.problem for row in all_rows(merchant.store, tables.desired, field="webhook")]
    assert sorted(problems) == ["", "the key may not write this"]
    merchant.owe("audit_webhooks")
    assert topics(merchant) == TOPICS


def test_whoever_leaves_takes_their_subscriptions_along(merchant: Merchant) -> None:
    assert disconnect(merchant.hub, "NYC", "closed") == ""
    assert merchant.shop.hooks == {} and merchant.hub.connection("NYC").state == "disabled"


def test_a_vendor_that_is_away_is_left_and_what_stays_there_is_told(merchant: Merchant) -> None:
    merchant.shop.trouble = TransientError("503")
    assert "503" in disconnect(merchant.hub, "NYC", "closed")
    assert merchant.hub.connection("NYC").state == "disabled" and merchant.shop.hooks
    assert not any(row.enabled for row in all_rows(merchant.store, tables.schedule))


def test_a_connection_that_was_left_can_be_taken_up_again(merchant: Merchant) -> None:
    shop = merchant.hub.connection("NYC").id
    with merchant.store.unit_of_work() as unit:
        for kind in ("pull_orders", "audit_webhooks", "compare_shop"):
            put_schedule(unit, kind, kind, 300, shop, shop)
        enable_schedule(unit, "compare_shop", shop, enabled=False)
    disconnect(merchant.hub, "NYC", "closed")
    assert not any(row.enabled for row in all_rows(merchant.store, tables.schedule))
    resume(merchant.hub, "NYC")
    on = {row.name for row in all_rows(merchant.store, tables.schedule) if row.enabled}
    assert on == {"pull_orders", "audit_webhooks"}, "what a person switched off stays off"
    merchant.owe("audit_webhooks")
    assert topics(merchant) == TOPICS


def test_without_an_address_of_its_own_the_hub_puts_nothing(
    store: Store, clock: SettableClock
) -> None:
    alone = Merchant(store, clock, public_url="")
    alone.owe("audit_webhooks")
    assert alone.shop.hooks == {}


def loss(merchant: Merchant) -> Loss:
    return detail(merchant).loss


def test_what_only_polling_found_counts_as_lost_once_its_webhook_is_late(
    merchant: Merchant,
) -> None:
    merchant.says("7")
    merchant.says("8")
    with merchant.store.unit_of_work() as unit:
        heard(unit, merchant.hub.connection("NYC").id, "8")
    assert loss(merchant) == Loss(changes=2, unheard=0), "it may still come"
    merchant.clock.advance(1000)
    merchant.owe("audit_webhooks")
    assert loss(merchant) == Loss(changes=2, unheard=1) and loss(merchant).share == 0.5
    merchant.owe("audit_webhooks")
    assert loss(merchant).unheard == 1
