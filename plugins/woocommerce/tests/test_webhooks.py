"""Who may ring at the door, and for which record."""

import base64
import hashlib
import hmac
import json

import pytest

from hub.sdk import MappingError, Secret, SignatureError, WebhookRequest
from hub_woocommerce import webhooks

SECRET = "whsec & <ü>"
SHOP = "https://shop.example/store"
BODY = b'{"id":110,"status":"completed"}'
FORM = {"content-type": "application/x-www-form-urlencoded"}


def signed(body=BODY, secret=SECRET, topic="order.updated", **headers):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return WebhookRequest(
        {
            "content-type": "application/json",
            "x-wc-webhook-source": "https://shop.example/store/",
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-signature": base64.b64encode(digest).decode(),
            **headers,
        },
        body,
    )


def verify(request, *secrets):
    webhooks.verify(request, [Secret(one) for one in secrets or (SECRET,)], SHOP)


def test_what_the_shop_signed_is_let_in():
    verify(signed())


def test_after_a_rotation_the_previous_secret_still_opens():
    verify(signed(secret="old"), "new", "old")


FORGED = {
    "no signature": signed(**{"x-wc-webhook-signature": ""}),
    "another secret": signed(secret="guess"),
    "the empty secret": signed(secret=""),
    "another body": WebhookRequest(signed().headers, BODY.replace(b"110", b"111")),
    "a space more": WebhookRequest(signed().headers, BODY + b" "),
    "not ASCII": signed(**{"x-wc-webhook-signature": "ünïcode"}),
    "not base64": signed(**{"x-wc-webhook-signature": "%%%"}),
    "hexadecimal": signed(
        **{"x-wc-webhook-signature": hmac.new(SECRET.encode(), BODY, "sha256").hexdigest()}
    ),
    "half a signature": signed(
        **{"x-wc-webhook-signature": signed().headers["x-wc-webhook-signature"][:20]}
    ),
    "another shop": signed(**{"x-wc-webhook-source": "https://other.example/"}),
    "no shop": signed(**{"x-wc-webhook-source": ""}),
    "a broken source": signed(**{"x-wc-webhook-source": "http://[oops"}),
}


@pytest.mark.parametrize("request_", FORGED.values(), ids=FORGED)
def test_what_is_forged_is_refused(request_):
    with pytest.raises(SignatureError):
        verify(request_)


def test_without_a_secret_nothing_but_the_ping_is_let_in():
    with pytest.raises(SignatureError):
        verify(signed(secret=""), "", "")
    verify(WebhookRequest(FORM, b"webhook_id=1"), "", "")


@pytest.mark.parametrize(
    "source", ["http://shop.example:8480/", "https://www.shop.example/", "https://SHOP.example"]
)
def test_scheme_port_and_spelling_of_the_shop_do_not_matter(source):
    verify(signed(**{"x-wc-webhook-source": source}))


def test_the_ping_means_nothing():
    ping = WebhookRequest(FORM | {"user-agent": "WooCommerce/10.5.0 Hookshot"}, b"webhook_id=1")
    verify(ping)
    assert webhooks.read(ping) == ()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, b"webhook_id=1&topic=order.deleted"), (FORM, b"webhook_id="),
        (FORM, b"webhook_id=x"),
        (FORM, b"webhook_id=1\n"), (FORM, b""), (FORM, BODY), ({}, b"webhook_id=1"),
        ({"content-type": "application/json"}, b"webhook_id=1"),
        (FORM | {"x-wc-webhook-topic": "order.deleted"}, b"webhook_id=1"),
        (FORM, "webhook_id=١".encode()),
    ],
)  # fmt: skip
def test_only_the_exact_ping_may_come_unsigned(headers, body):
    with pytest.raises(SignatureError):
        verify(WebhookRequest(headers, body))


def test_a_delivery_names_its_record_and_its_content():
    (one,) = webhooks.read(signed())
    (repeat,) = webhooks.read(signed(**{"x-wc-webhook-delivery-id": "differs"}))
    (later,) = webhooks.read(signed(b'{"id":110,"status":"refunded"}'))
    assert (one.kind, one.external_id, one.topic, one.deleted) == (
        "order", "110", "order.updated", False,
    )  # fmt: skip
    assert one.dedupe_key == repeat.dedupe_key != later.dedupe_key


def test_a_shared_delivery_id_does_not_hide_another_order():
    ids = {"x-wc-webhook-delivery-id": "same"}
    keys = {webhooks.read(signed(b'{"id":%d}' % n, **ids))[0].dedupe_key for n in range(46)}
    assert len(keys) == 46


def test_a_deletion_carries_an_id_only():
    (one,) = webhooks.read(signed(b'{"id":114}', topic="order.deleted"))
    assert (one.external_id, one.deleted) == ("114", True)


@pytest.mark.parametrize("topic", ["", "coupon.created", "action.woocommerce_x", "order.", "order"])
def test_topics_without_use_are_no_deliveries(topic):
    assert webhooks.read(signed(topic=topic)) == ()


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"id":null}', b"\xff", b'{"id":"x"}'])
def test_a_signed_body_without_a_record_is_kept_aside(body):
    with pytest.raises(MappingError):
        webhooks.read(signed(body))


def recordings():
    return ["order_created", "order_updated", "order_deleted", "product_created",
            "product_updated", "product_deleted", "product_updated_variation"]  # fmt: skip


@pytest.mark.parametrize("name", recordings())
def test_real_deliveries_are_let_in_and_read(vendor_data, name):
    path = vendor_data / "woocommerce" / "recordings" / f"webhook_delivery_{name}.json"
    recorded = json.loads(path.read_text("utf-8"))
    headers = {key.lower(): value for key, value in recorded["headers"]}
    request = WebhookRequest(headers, recorded["body_raw"].encode())
    secret = recorded["note"].split()[2].rstrip(";")
    webhooks.verify(request, [Secret(secret)], "http://127.0.0.1:8480")
    (delivery,) = webhooks.read(request)
    assert delivery.external_id == str(recorded["body"]["id"])
    assert delivery.kind == name.partition("_")[0]
    assert delivery.deleted == name.endswith("deleted")


def test_the_real_ping_is_let_in(vendor_data):
    path = vendor_data / "woocommerce" / "recordings" / "webhook_delivery_ping.json"
    recorded = json.loads(path.read_text("utf-8"))
    headers = {key.lower(): value for key, value in recorded["headers"]}
    request = WebhookRequest(headers, recorded["body_raw"].encode())
    verify(request)
    assert webhooks.read(request) == ()
