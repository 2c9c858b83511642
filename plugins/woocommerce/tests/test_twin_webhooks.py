"""The twin's webhooks: the ping, the signed deliveries, and how one is switched off."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.woocommerce.tests.receiver import Receiver
from plugins.woocommerce.tests.twin_shop import Shop, open_shop, woocommerce_data

SECRET = "whsec & <tricky> \" '"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    # An hour's delay: webhooks leave when the test says so.
    with open_shop(tmp_path, webhook_delay=3600) as shop:
        yield shop


def subscribe(shop: Shop, receiver: Receiver, topic: str) -> int:
    answer = shop.post("webhooks", topic=topic, delivery_url=receiver.url, secret=SECRET)
    assert answer.status_code == 201 and "secret" not in answer.json()
    shop.twin.deliver()
    return int(answer.json()["id"])


def test_a_new_webhook_is_pinged_without_signature(shop: Shop, receiver: Receiver) -> None:
    id = subscribe(shop, receiver, "order.created")
    (ping,) = receiver.arrived
    assert ping.body == f"webhook_id={id}".encode()
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in ping.headers if name.lower().startswith("x-wc")]


def test_a_failed_ping_is_repeated_before_each_delivery(shop: Shop, receiver: Receiver) -> None:
    receiver.status = 500
    subscribe(shop, receiver, "order.updated")
    receiver.status = 200
    for _ in range(2):
        shop.twin.action("edit_order", order_id=111, customer_note="x")
        shop.twin.deliver()
    assert receiver.topics() == ["ping", "ping", "order.updated", "order.updated"]


def test_deliveries_are_signed_over_their_bytes(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.updated")
    shop.twin.action("edit_order", order_id=126, customer_note="Grüße / 京都")
    shop.twin.deliver()
    arrived = receiver.arrived[-1]
    made = hmac.new(SECRET.encode(), arrived.body, hashlib.sha256).digest()
    assert arrived.headers["X-WC-Webhook-Signature"] == base64.b64encode(made).decode()
    assert arrived.headers["X-WC-Webhook-Source"] == f"{shop.twin.url}/"
    assert arrived.json() == shop.read("orders/126")
    assert b"\\/" in arrived.body and arrived.body.isascii()


def test_the_delivery_id_is_shared_within_a_second(shop: Shop, receiver: Receiver) -> None:
    shop.twin.freeze()
    subscribe(shop, receiver, "order.updated")
    for order in (111, 112):
        shop.twin.action("edit_order", order_id=order, customer_note="x")
    shop.twin.deliver()
    shared = {a.headers["X-WC-Webhook-Delivery-ID"] for a in receiver.arrived[1:]}
    assert len(receiver.arrived) == 3 and len(shared) == 1


def test_the_payload_is_of_the_moment_of_delivery_and_changes_collapse(
    shop: Shop, receiver: Receiver
) -> None:
    for topic in ("order.created", "order.updated"):
        subscribe(shop, receiver, topic)
    order = shop.place()
    shop.put(f"orders/{order['id']}", customer_note="one")
    shop.put(f"orders/{order['id']}", status="completed")
    shop.twin.deliver()
    assert receiver.topics()[2:] == ["order.created", "order.updated"]
    assert {a.json()["status"] for a in receiver.arrived[2:]} == {"completed"}


def test_a_deleted_order_is_only_a_number(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.deleted")
    shop.delete("orders/111")
    shop.twin.deliver()
    assert receiver.arrived[-1].body == b'{"id":111}'


def test_stock_changes_tell_of_the_product_or_the_variation(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "product.updated")
    shop.place("TEE-S")
    shop.place("HB-250")
    shop.twin.deliver()
    told = [(a.json()["sku"], a.json()["type"]) for a in receiver.arrived[1:]]
    assert told == [("TEE-S", "variation"), ("HB-250", "simple")]


def test_deleting_a_refund_tells_nobody(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.updated")
    (refund,) = shop.read("orders/118/refunds")
    shop.delete(f"orders/118/refunds/{refund['id']}", force="true")
    assert shop.twin.deliver() == []


def test_a_failed_delivery_is_not_repeated_and_the_seventh_disables(
    shop: Shop, receiver: Receiver
) -> None:
    id = subscribe(shop, receiver, "order.updated")
    receiver.status = 500
    for number in range(1, 8):
        shop.twin.action("edit_order", order_id=110 + number, customer_note="x")
        assert len(shop.twin.deliver()) == 1
        expected = "active" if number < 7 else "disabled"
        assert shop.read(f"webhooks/{id}")["status"] == expected
    shop.twin.action("edit_order", order_id=120, customer_note="x")
    assert shop.twin.deliver() == []
    assert shop.put(f"webhooks/{id}", status="active").json()["status"] == "active"


def test_what_was_owed_when_it_was_disabled_still_goes_out(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.updated")
    receiver.status = 500
    for number in range(9):
        shop.twin.action("edit_order", order_id=111 + number, customer_note="x")
    assert len(shop.twin.deliver()) == 9


def test_a_redirect_is_success_and_not_followed(shop: Shop, receiver: Receiver) -> None:
    id = subscribe(shop, receiver, "order.updated")
    receiver.status = 302
    for number in range(8):
        shop.twin.action("edit_order", order_id=111 + number, customer_note="x")
    shop.twin.deliver()
    assert shop.read(f"webhooks/{id}")["status"] == "active"
    assert len(receiver.arrived) == 9


def test_a_deleted_webhook_owes_nothing(shop: Shop, receiver: Receiver) -> None:
    id = subscribe(shop, receiver, "order.updated")
    shop.twin.action("edit_order", order_id=111, customer_note="x")
    assert shop.delete(f"webhooks/{id}").status_code == 501
    assert shop.delete(f"webhooks/{id}", force="true").status_code == 200
    assert shop.twin.deliver() == []


@pytest.mark.parametrize("wrong", [{"topic": "order.sneezed"}, {"delivery_url": "ftp://x/y"}])
def test_a_webhook_needs_a_topic_and_an_address(shop: Shop, wrong: dict[str, str]) -> None:
    given = {"topic": "order.created", "delivery_url": "http://127.0.0.1:1/x"} | wrong
    assert shop.post("webhooks", **given).status_code == 400


# -- against the recordings -----


def recorded(name: str) -> Any:
    path = woocommerce_data("recordings") / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


DELIVERIES = [
    "order_created", "order_updated", "order_deleted", "product_created", "product_updated",
    "product_updated_variation", "product_deleted",
]  # fmt: skip


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_delivery_has_the_recorded_headers_and_keys(
    shop: Shop, receiver: Receiver, name: str
) -> None:
    real = recorded(f"webhook_delivery_{name}")
    topic = dict(real["headers"])["X-WC-Webhook-Topic"]
    subscribe(shop, receiver, topic)
    _cause(shop, name)
    shop.twin.deliver()
    arrived = next(a for a in receiver.arrived if a.topic == topic)
    assert set(arrived.json()) == set(real["body"])
    ours = {name.lower() for name in arrived.headers}
    assert ours == {name.lower() for name, _ in real["headers"]}
    for header in ("User-Agent", "Content-Type", "X-WC-Webhook-Resource", "X-WC-Webhook-Event"):
        assert arrived.headers[header] == dict(real["headers"])[header]


def _cause(shop: Shop, name: str) -> None:
    match name:
        case "order_created" | "order_updated":
            shop.place()
        case "order_deleted":
            shop.delete("orders/111")
        case "product_created":
            shop.post("products", name="New", sku="NEW")
        case "product_updated":
            shop.twin.action("set_stock", sku="HB-250", quantity=3)
        case "product_updated_variation":
            shop.twin.action("set_stock", sku="TEE-S", quantity=3)
        case "product_deleted":
            shop.twin.action("delete_product", sku="HB-250")


def test_a_ping_has_the_recorded_headers(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.created")
    ours = {name.lower() for name in receiver.arrived[0].headers}
    assert ours == {name.lower() for name, _ in recorded("webhook_delivery_ping")["headers"]}


@pytest.mark.parametrize("name", DELIVERIES)
def test_json_is_written_byte_for_byte_as_the_vendor_does(name: str) -> None:
    from hub_woocommerce.twin.wire import encode

    real = recorded(f"webhook_delivery_{name}")
    assert encode(json.loads(real["body_raw"]), "http://unused").decode() == real["body_raw"]


def test_a_webhook_looks_as_recorded(shop: Shop, receiver: Receiver) -> None:
    real = recorded("webhook_object")["body"]
    id = subscribe(shop, receiver, real["topic"])
    ours = shop.read(f"webhooks/{id}")
    assert ours.keys() == real.keys() and ours["hooks"] == real["hooks"]
    listed = recorded("webhooks_list")["body"]
    assert all(ours.keys() == theirs.keys() for theirs in listed)
    assert [one.keys() for one in shop.read("webhooks")] == [listed[0].keys()]
