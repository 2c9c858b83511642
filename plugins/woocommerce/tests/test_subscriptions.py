"""The shop's webhooks as desired state: made, mended, found switched off, removed."""

import json

import pytest

from hub.sdk import Secret, UnknownOutcomeError

DOOR = "http://127.0.0.1:9/hooks/1"
SECRET = Secret("hush & <ü>")


def hooks(twin):
    return twin.documents("webhook")


def test_a_webhook_is_made_with_our_secret_and_listed(new_york, connected):
    made = connected.put_subscription("order.updated", DOOR, SECRET)
    assert (made.topic, made.address, made.active) == ("order.updated", DOOR, True)
    assert connected.list_subscriptions() == (made,)
    (kept,) = hooks(new_york)
    assert kept["secret"] == SECRET.reveal()


def test_putting_it_again_mends_it_and_makes_no_second(new_york, connected):
    made = connected.put_subscription("order.updated", DOOR, Secret("old"))
    new_york.merge("webhook", made.external_id, status="disabled", failures=6)
    (off,) = connected.list_subscriptions()
    assert not off.active
    assert connected.put_subscription("order.updated", DOOR, SECRET) == made
    (kept,) = hooks(new_york)
    assert (kept["status"], kept["failures"], kept["secret"]) == ("active", 0, SECRET.reveal())


def test_a_repeat_left_by_a_lost_answer_is_removed(new_york, connected):
    new_york.fault("error_after", method="POST", path="webhooks")
    with pytest.raises(UnknownOutcomeError):
        connected.put_subscription("order.updated", DOOR, SECRET)
    connected._shop.create("webhooks", {"topic": "order.updated", "delivery_url": DOOR})
    kept = connected.put_subscription("order.updated", DOOR, SECRET)
    assert connected.list_subscriptions() == (kept,)


def test_webhooks_of_others_are_listed_and_left_alone(new_york, connected):
    connected._shop.create("webhooks", {"topic": "order.updated", "delivery_url": "https://x.y/z"})
    connected.put_subscription("order.updated", DOOR, SECRET)
    assert len(connected.list_subscriptions()) == 2


def test_removing_is_for_good_and_twice_is_no_error(new_york, connected):
    made = connected.put_subscription("order.updated", DOOR, SECRET)
    for _ in range(2):
        connected.remove_subscription(made.external_id)
    assert hooks(new_york) == []


def test_the_recorded_list_is_read(vendor_data, connect, router):
    path = vendor_data / "woocommerce" / "recordings" / "webhooks_list.json"
    recorded = json.loads(path.read_text("utf-8"))["body"]
    router.get("https://shop.example/wp-json/wc/v3/webhooks").respond(json=recorded)
    listed = connect().list_subscriptions()
    assert {one.external_id for one in listed} == {str(one["id"]) for one in recorded}
    assert {one.active for one in listed} == {one["status"] == "active" for one in recorded}
