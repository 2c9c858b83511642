"""What a merchant asks of a shop, money back, an order called off, a price, happens once."""

import pytest

from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.refunding import ask_refund, plan_refund
from hub.services.vendors.listing_push import want_listing
from hub.store import tables
from tests.journeys.story import Story

WEATHERS = ("error_before", "error_after", "reset")
"""Refused unread, done and called failed, done and hung up: all three look alike from here."""


@pytest.fixture
def trading(story: Story) -> Story:
    """A shop whose gateway pays back when it is asked."""
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET", paying_gateways="stripe")
    return story


@pytest.mark.parametrize("weather", WEATHERS)
def test_money_is_given_back_once(trading: Story, weather: str) -> None:
    number = trading.buy("HB-250", 3)
    trading.sync()
    trading.hand_over()
    shop = trading.shops["NYC"]
    shop.fault(weather, method="POST", path="/refunds$")
    plan = plan_refund(trading.world.hub, number, units={"HB-250": 1})
    ask_refund(trading.world.hub, plan, "broken", "request-1")
    trading.world.run()
    trading.pass_time(minutes=20)
    (made,) = shop.log.effects("refund_created")
    assert made.detail["paid_back"]
    assert trading.order(number).refunded_minor == plan.amount_minor
    trading.sync()
    trading.end_well()


@pytest.mark.parametrize("weather", WEATHERS)
def test_an_order_is_called_off_once(trading: Story, weather: str) -> None:
    free = trading.shown("HB-250")
    number = trading.buy("HB-250")
    trading.sync()
    trading.shops["NYC"].fault(weather, method="PUT", path="/orders/[0-9]+$")
    ask_cancellation(trading.world.hub, number, "sold out", "merchant")
    trading.world.run()
    trading.pass_time(minutes=20)
    assert trading.at_shop(number)["status"] == "cancelled"
    assert trading.phase(number) == "cancelled"
    (effect,) = trading.world.rows(tables.effect, kind="cancellation")
    assert effect.state == "succeeded"
    trading.sync()
    trading.pass_time(minutes=5)
    assert trading.shown("HB-250") == free
    trading.end_well()


@pytest.mark.parametrize("weather", WEATHERS)
def test_a_price_and_a_title_are_shown(trading: Story, weather: str) -> None:
    shop = trading.shops["NYC"]
    shop.fault(weather, method="POST|PUT", path="/products/(batch|[0-9]+)$")
    want_listing(trading.world.hub, "HB-250", "NYC", price="19.00", title="Beans & more")
    trading.world.run()
    trading.pass_time(minutes=20)
    (beans,) = (one for one in shop.documents("product") if one["sku"] == "HB-250")
    assert (beans["regular_price"], beans["name"]) == ("19.00", "Beans &amp; more")
    (wish,) = trading.world.rows(tables.desired, field="listing")
    assert (wish.confirmed_version, wish.problem) == (wish.desired_version, "")
    trading.end_well()


def test_an_order_the_shop_has_called_off_itself_needs_nothing(trading: Story) -> None:
    number = trading.buy("HB-250", status="on-hold", paid=False, payment_method="bacs")
    trading.sync()
    shop = trading.shops["NYC"]
    shop.action("edit_order", order_id=trading.at_shop(number)["id"], status="cancelled")
    ask_cancellation(trading.world.hub, number, "never paid", "merchant")
    trading.sync()
    trading.pass_time(minutes=5)
    (effect,) = trading.world.rows(tables.effect, kind="cancellation")
    assert effect.state == "succeeded" and trading.phase(number) == "cancelled"
    kept = {meta["key"]: meta["value"] for meta in trading.at_shop(number)["meta_data"]}
    assert effect.key not in kept.values(), "nothing was sent"
    trading.end_well()
