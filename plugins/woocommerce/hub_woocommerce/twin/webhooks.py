"""Webhooks: subscriptions as the API shows them, and the deliveries the shop sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from hub.testing.twins import Delivery, Document, Outgoing, TwinState
from hub_woocommerce.twin import stock
from hub_woocommerce.twin.checks import check, one_of
from hub_woocommerce.twin.guard import blocks
from hub_woocommerce.twin.listing import page
from hub_woocommerce.twin.products import as_product
from hub_woocommerce.twin.shop import WOOCOMMERCE, WORDPRESS, Shop
from hub_woocommerce.twin.wire import Answer, Call, Refusal, encode, link, link_self

AGENT = f"WooCommerce/{WOOCOMMERCE} Hookshot (WordPress/{WORDPRESS})"
PRIVATE = ("secret", "failures", "pinged")
RESOURCES = ("coupon", "customer", "order", "product")
EVENTS = ("created", "updated", "deleted", "restored")
FAILURES_ALLOWED = 5
HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.created": [
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ],
    "product.updated": [
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "coupon.created": ["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
}
SPECIAL = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#039;", "'"), ("&amp;", "&"))
BODY = {"status": one_of("active", "paused", "disabled")}


def _hook(shop: Shop, id: int, status: int = 404) -> Document:
    hook = shop.state.get("webhook", id)
    if hook is None:
        raise Refusal("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.", status)
    return hook


def render(hook: Document) -> Document:
    """The secret is never shown."""
    return {name: value for name, value in hook.items() if name not in PRIVATE}


def list_webhooks(shop: Shop, call: Call) -> Answer:
    wanted = call.one("status", "all")
    hooks = [h for h in shop.state.all("webhook") if wanted in ("all", h["status"])]
    if call.one("orderby") == "id":
        hooks.sort(key=lambda hook: hook["id"], reverse=call.one("order", "desc") != "asc")
    else:
        hooks.sort(key=lambda hook: (hook["date_created_gmt"], -hook["id"]), reverse=True)
    return page(call, hooks, render)


def read_webhook(shop: Shop, call: Call) -> Answer:
    return Answer(body=render(_hook(shop, call.numbers[0])))


def create_webhook(shop: Shop, call: Call) -> Answer:
    """Create and, if active, ping; a ping that fails changes nothing in the answer."""
    given = call.given
    check(given, BODY)
    _check_topic(given.get("topic", ""))
    _check_url(given.get("delivery_url", ""))
    id = shop.state.next("webhook")
    resource, _, event = given["topic"].partition(".")
    hook: Document = {
        "id": id,
        "name": given.get("name") or f"Webhook created on {shop.now():%b %d, %Y}",
        "status": given.get("status", "active"),
        "topic": given["topic"],
        "resource": resource,
        "event": event,
        "hooks": HOOKS.get(given["topic"], []),
        "delivery_url": given["delivery_url"],
    }
    shop.stamp(hook, "date_created", "date_modified")
    # Without a secret of one's own the shop makes one that nobody can read.
    hook |= {"secret": given.get("secret") or secrets.token_urlsafe(32)}
    hook |= {"failures": 0, "pinged": False}
    hook["_links"] = {"self": link_self(f"webhooks/{id}"), "collection": link("webhooks")}
    shop.state.put("webhook", id, hook)
    shop.state.effect("webhook_created", id, hook["topic"], url=hook["delivery_url"])
    if hook["status"] == "active":
        shop.state.queue(str(id), "ping", id)
    place = f"{call.base}{call.path}/{id}"
    return Answer(body=render(hook), status=201, headers={"Location": place})


def _check_topic(topic: str) -> None:
    resource, _, event = topic.partition(".")
    if resource == "action" and event or resource in RESOURCES and event in EVENTS:
        return
    message = "Webhook topic must be valid."
    raise Refusal("woocommerce_rest_webhook_invalid_topic", message, 400)


def _check_url(url: str) -> None:
    if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc:
        return
    message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
    raise Refusal("woocommerce_rest_webhook_invalid_delivery_url", message, 400)


def change_webhook(shop: Shop, call: Call) -> Answer:
    given = call.given
    check(given, BODY)
    hook = _hook(shop, call.numbers[0], 400)
    if "topic" in given:
        _check_topic(given["topic"])
        hook["resource"], _, hook["event"] = given["topic"].partition(".")
        hook["hooks"] = HOOKS.get(given["topic"], [])
    if "delivery_url" in given:
        _check_url(given["delivery_url"])
    names = ("name", "status", "topic", "delivery_url", "secret")
    hook |= {name: given[name] for name in names if name in given}
    if given.get("status") == "active":
        hook["failures"] = 0
    shop.stamp(hook, "date_modified")
    shop.state.put("webhook", hook["id"], hook)
    shop.state.effect("webhook_updated", hook["id"], hook["topic"], fields=sorted(given))
    return Answer(body=render(hook))


def delete_webhook(shop: Shop, call: Call) -> Answer:
    hook = _hook(shop, call.numbers[0])
    if not (call.yes("force") or call.given.get("force")):
        message = "Webhooks do not support trashing."
        raise Refusal("woocommerce_rest_trash_not_supported", message, 501)
    shop.state.remove("webhook", hook["id"])
    shop.state.effect("webhook_deleted", hook["id"], hook["topic"])
    return Answer(body=render(hook))


# -- deliveries -----------------------------------------------------------------------------------


def compose(state: TwinState, delivery: Delivery) -> Outgoing | None:
    """Build a delivery from what the shop holds now, not from what it held when it was owed."""
    hook = state.get("webhook", delivery.target)
    if hook is None:
        return None
    if blocks(state, hook["delivery_url"]):
        posted(state, delivery, None)
        return None
    agent = ("User-Agent", AGENT), ("Accept", "*/*")
    if delivery.topic == "ping":
        form = ("Content-Type", "application/x-www-form-urlencoded")
        body = f"webhook_id={hook['id']}".encode()
        return Outgoing(url=hook["delivery_url"], headers=(*agent, form), body=body)
    shop = Shop(state)
    body = encode(_payload(shop, delivery), state.url)
    headers = (*agent, ("Content-Type", "application/json"), *_signed(shop, hook, delivery, body))
    return Outgoing(url=hook["delivery_url"], headers=headers, body=body)


def _payload(shop: Shop, delivery: Delivery) -> Document:
    resource, _, event = delivery.topic.partition(".")
    id = int(delivery.subject)
    if event == "deleted":
        return {"id": id}
    if resource == "order":
        document = shop.state.get("order", id)
        missing = "woocommerce_rest_shop_order_invalid_id"
    else:
        found = stock.find(shop, id)
        document = None
        if found:
            document = as_product(shop, found[1]) if found[0] == "variation" else found[1]
        missing = "woocommerce_rest_product_invalid_id"
    # What is gone meanwhile is reported as the API would: an error object, signed and sent.
    return document or Refusal(missing, "Invalid ID.", 404).body()


def _signed(
    shop: Shop, hook: Document, delivery: Delivery, body: bytes
) -> tuple[tuple[str, str], ...]:
    made = hmac.new(_plain(hook["secret"]).encode(), body, hashlib.sha256).digest()
    resource, _, event = delivery.topic.partition(".")
    # Not unique: everything this webhook sends within one second shares it.
    second = int(shop.now().timestamp())
    shared = hashlib.md5(f"{hook['id']}{second}".encode()).hexdigest()
    return (
        ("X-WC-Webhook-Source", f"{shop.state.url}/"),
        ("X-WC-Webhook-Topic", delivery.topic),
        ("X-WC-Webhook-Resource", resource),
        ("X-WC-Webhook-Event", event),
        ("X-WC-Webhook-Signature", base64.b64encode(made).decode()),
        ("X-WC-Webhook-ID", str(hook["id"])),
        ("X-WC-Webhook-Delivery-ID", shared),
        ("Connection", "close"),
    )


def _plain(secret: str) -> str:
    """Undo the escaping of a secret that was typed into a form, as the shop does before signing."""
    for name, character in SPECIAL:
        secret = secret.replace(name, character)
    return secret


def posted(state: TwinState, delivery: Delivery, status: int | None) -> None:
    """Count failures in a row; the seventh disables. A redirect is success. Nothing is retried."""
    hook = state.get("webhook", delivery.target)
    if hook is None:
        return
    success = status is not None and 200 <= status <= 302
    if delivery.topic == "ping":
        hook["pinged"] = success
    elif success:
        hook["failures"] = 0
    elif hook["failures"] > FAILURES_ALLOWED:
        hook["status"] = "disabled"
        state.effect("webhook_disabled", hook["id"], hook["topic"])
    else:
        hook["failures"] += 1
    state.put("webhook", hook["id"], hook)
