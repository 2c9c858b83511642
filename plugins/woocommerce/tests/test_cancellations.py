"""Cancelling an order at the shop: once, traceably, and not when it is too late."""

import pytest

from hub.sdk import ChannelState, NotSentError, RejectedError, UnknownOutcomeError


def buy(twin, **more):
    return str(twin.action("place_order", lines=[{"sku": "HB-250", "quantity": 2}], **more)["id"])


def written(twin, order):
    return [one for one in twin.log.answers("PUT", f"/orders/{order}") if one.status == 200]


def test_an_order_is_cancelled_and_its_goods_return_to_the_shelf(new_york, connected):
    order = buy(new_york)
    assert connected.cancel_order(order, "not to be had", key="cancel:1").external_id == order
    after = new_york.document("order", order)
    assert after["status"] == "cancelled"
    assert {meta["key"]: meta["value"] for meta in after["meta_data"]} == {
        "_commerce_hub_cancelled": "cancel:1",
        "_commerce_hub_cancelled_because": "not to be had",
    }
    assert [done.detail["change"] for done in new_york.log.effects("stock_moved")] == [-2, 2]
    assert connected.to_order(connected.read_order(order))["state"] is ChannelState.CANCELLED


def test_a_lost_answer_is_found_by_looking(new_york, connected):
    order = buy(new_york)
    assert connected.find_cancellation(order, key="cancel:1") is None
    new_york.fault("error_after", method="PUT")
    with pytest.raises(UnknownOutcomeError):
        connected.cancel_order(order, "", key="cancel:1")
    assert connected.find_cancellation(order, key="cancel:1").external_id == order


def test_a_cancellation_that_staff_took_back_is_still_found_by_its_key(new_york, connected):
    order = buy(new_york)
    connected.cancel_order(order, "", key="cancel:1")
    new_york.action("edit_order", order_id=order, status="processing")
    assert connected.find_cancellation(order, key="cancel:1") is not None
    assert connected.find_cancellation(order, key="cancel:2") is None


@pytest.mark.parametrize("action", ["cancel_order", "trash_order"])
def test_what_is_over_already_is_not_written_again(new_york, connected, action):
    order = buy(new_york)
    new_york.action(action, order_id=order)
    assert connected.cancel_order(order, "", key="cancel:1").external_id == order
    assert connected.find_cancellation(order, key="cancel:1").external_id == order
    assert written(new_york, order) == []


def test_an_order_the_shop_completed_meanwhile_is_not_cancelled(new_york, connected):
    order = buy(new_york)
    new_york.action("complete_order", order_id=order)
    with pytest.raises(RejectedError, match="completed already"):
        connected.cancel_order(order, "", key="cancel:1")
    assert new_york.document("order", order)["status"] == "completed"


def test_a_shop_that_is_down_before_was_not_asked_to_cancel(new_york, connected):
    new_york.fault("error_before", method="GET")
    with pytest.raises(NotSentError):
        connected.cancel_order(buy(new_york), "", key="cancel:1")
