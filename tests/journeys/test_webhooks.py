"""Webhooks repeat, come late, out of order, or from somebody else; they are doorbells, no more."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.sdk import SignatureError, WebhookRequest
from hub.services.intake.receive import UnknownHookError, receive
from hub.store import tables
from tests.journeys.conftest import carried
from tests.journeys.letterbox import Letterbox, open_letterbox
from tests.journeys.story import HOOK_SECRET, Story

TOPICS = ("order.created", "order.updated", "order.deleted")


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with open_letterbox() as box:
        yield box


@pytest.fixture
def ringing(story: Story, box: Letterbox) -> Story:
    """A shop open for business whose webhooks fall into the box."""
    shop = story.open_for_business(orders=0)
    box.subscribe(shop, HOOK_SECRET, *TOPICS)
    return story


def ring(story: Story, letter: WebhookRequest) -> int:
    (shop,) = story.world.rows(tables.connection, code="NYC")
    kept = receive(story.world.hub, shop.hook_token, letter)
    story.world.run()
    return kept


@carried
def test_an_order_told_by_webhook_ships_without_a_poll(ringing: Story, box: Letterbox) -> None:
    number = ringing.buy("HB-250")
    for letter in box.empty(ringing.shops["NYC"]):
        ring(ringing, letter)
    assert ringing.labels() == [number]
    ringing.hand_over()
    ringing.end_well()


@carried
def test_the_same_webhook_ten_times_is_one_order(ringing: Story, box: Letterbox) -> None:
    number = ringing.buy("HB-250")
    letter = box.empty(ringing.shops["NYC"])[0]
    assert [ring(ringing, letter) for _ in range(10)] == [1] + 9 * [0]
    assert len(ringing.world.rows(tables.inbox)) == 1
    assert ringing.labels() == [number]
    ringing.end_well()


def test_webhooks_in_the_wrong_order_end_with_the_newest(ringing: Story, box: Letterbox) -> None:
    shop = ringing.shops["NYC"]
    number = ringing.buy("HB-250", status="pending", paid=False)
    first = box.empty(shop)
    ringing.pass_time(minutes=1)
    order_id = ringing.at_shop(number)["id"]
    shop.action("edit_order", order_id=order_id, quantities={"HB-250": 3})
    later = box.empty(shop)
    for letter in (*later, *first):
        ring(ringing, letter)
    assert ringing.line(number).quantity == 3
    ringing.end_well()


@carried
def test_a_webhook_that_is_a_day_late_changes_nothing(ringing: Story, box: Letterbox) -> None:
    number = ringing.buy("HB-250")
    letters = box.empty(ringing.shops["NYC"])
    ringing.sync()
    ringing.hand_over()
    ringing.pass_time(days=1)
    events = len(ringing.world.rows(tables.event))
    sold = ringing.stock("HB-250").sellable
    for letter in letters:
        ring(ringing, letter)
    assert ringing.labels() == [number]
    assert ringing.stock("HB-250").sellable == sold
    assert len(ringing.notes(number)) == 1
    assert len(ringing.world.rows(tables.event)) == events, "nothing followed from it"
    ringing.end_well()


def test_a_forged_webhook_is_refused_and_leaves_no_trace(ringing: Story, box: Letterbox) -> None:
    ringing.buy("HB-250")
    letter = box.empty(ringing.shops["NYC"])[0]
    forgeries = (
        ("x-wc-webhook-signature", "Zm9yZ2VkIGJ5IHNvbWVib2R5IGVsc2U="),
        ("x-wc-webhook-signature", ""),
        ("x-wc-webhook-source", "https://evil.example/"),
    )
    for name, value in forgeries:
        with pytest.raises(SignatureError):
            ring(ringing, replace(letter, headers={**letter.headers, name: value}))
    assert not ringing.world.rows(tables.inbox)
    assert not ringing.world.rows(tables.sales_order)
    ringing.sync()  # polling finds it all the same
    ringing.end_well()


def test_a_changed_body_is_refused(ringing: Story, box: Letterbox) -> None:
    ringing.buy("HB-250")
    letter = box.empty(ringing.shops["NYC"])[0]
    with pytest.raises(SignatureError):
        ring(ringing, replace(letter, body=letter.body.replace(b"HB-250", b"HB-251")))
    with pytest.raises(UnknownHookError):
        receive(ringing.world.hub, "no-such-token", letter)
    assert not ringing.world.rows(tables.inbox)


def test_an_order_binned_at_the_shop_gives_its_stock_back(ringing: Story, box: Letterbox) -> None:
    shop = ringing.shops["NYC"]
    free = ringing.shown("HB-250")
    number = ringing.buy("HB-250", 2, status="on-hold", paid=False, payment_method="bacs")
    for letter in box.empty(shop):
        ring(ringing, letter)
    assert ringing.stock("HB-250").reserved == 2
    shop.action("trash_order", order_id=ringing.at_shop(number)["id"])
    for letter in box.empty(shop):
        ring(ringing, letter)
    assert ringing.phase(number) == "cancelled"
    assert ringing.stock("HB-250").reserved == 0
    assert ringing.shown("HB-250") == free
    ringing.end_well()
