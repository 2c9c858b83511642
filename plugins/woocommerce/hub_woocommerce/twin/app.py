"""The shop's HTTP interface: from a request to its handler, and back with WordPress's headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.testing.twins import TwinState
from hub_woocommerce.twin import (
    cron,
    notes,
    order_routes,
    product_routes,
    refunds,
    settings,
    webhooks,
)
from hub_woocommerce.twin.auth import authenticate
from hub_woocommerce.twin.shop import Shop
from hub_woocommerce.twin.wire import API, Answer, Call, Refusal, encode, only_fields

Handler = Callable[[Shop, Call], Answer]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ALWAYS = {
    "Server": "nginx/1.22.1",
    "Content-Type": "application/json; charset=UTF-8",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Access-Control-Allow-Headers": (
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"
    ),
}
UNCACHED = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}
STRANGER = {
    "GET": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "POST": (
        "woocommerce_rest_cannot_create",
        "Sorry, you are not allowed to create resources.",
    ),
    "PUT": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "PATCH": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "DELETE": (
        "woocommerce_rest_cannot_delete",
        "Sorry, you are not allowed to delete this resource.",
    ),
}
NO_ROUTE = "No route was found matching the URL and request method."
ID = r"(?P<id>\d+)"
WORD = r"(?P<word>[\w-]+)"


def _set(get: Handler, post: Handler) -> dict[str, Handler]:
    return {"GET": get, "POST": post}


def _member(get: Handler, change: Handler, delete: Handler) -> dict[str, Handler]:
    # POST on a member means the same as PUT.
    return {"GET": get, "POST": change, "PUT": change, "PATCH": change, "DELETE": delete}


def _batch(handler: Handler) -> dict[str, Handler]:
    return {"POST": handler, "PUT": handler, "PATCH": handler}


def _reading(get: Handler) -> dict[str, Handler]:
    return {"GET": get}


def _kept(get: Handler, delete: Handler) -> dict[str, Handler]:
    return {"GET": get, "DELETE": delete}


INVALID = "woocommerce_rest_invalid_id"
TABLE: dict[str, dict[str, Handler]] = {
    "/orders": _set(order_routes.list_orders, order_routes.create_order),
    f"/orders/{ID}": _member(
        order_routes.read_order, order_routes.change_order, order_routes.delete_order
    ),
    f"/orders/{ID}/notes": _set(notes.list_notes, notes.create_note),
    f"/orders/{ID}/notes/{ID}": _kept(notes.read_note, notes.delete_note),
    f"/orders/{ID}/refunds": _set(refunds.list_refunds, refunds.create_refund),
    f"/orders/{ID}/refunds/{ID}": _kept(refunds.read_refund, refunds.delete_refund),
    "/refunds": _reading(refunds.list_all_refunds),
    "/products": _set(product_routes.list_products, product_routes.create_product),
    "/products/batch": _batch(product_routes.batch_products),
    "/products/categories": _reading(settings.collection("category")),
    f"/products/{ID}": _member(
        product_routes.read_product, product_routes.change_product, product_routes.delete_product
    ),
    f"/products/{ID}/variations": _set(
        product_routes.list_variations, product_routes.create_variation
    ),
    f"/products/{ID}/variations/batch": _batch(product_routes.batch_variations),
    f"/products/{ID}/variations/{ID}": _member(
        product_routes.read_variation,
        product_routes.change_variation,
        product_routes.delete_variation,
    ),
    "/webhooks": _set(webhooks.list_webhooks, webhooks.create_webhook),
    f"/webhooks/{ID}": _member(
        webhooks.read_webhook, webhooks.change_webhook, webhooks.delete_webhook
    ),
    "/customers": _reading(settings.collection("customer")),
    f"/customers/{ID}": _reading(settings.single("customer", INVALID)),
    "/coupons": _reading(settings.collection("coupon")),
    f"/coupons/{ID}": _reading(settings.single("coupon", INVALID)),
    "/taxes": _reading(settings.collection("tax")),
    f"/taxes/{ID}": _reading(settings.single("tax", INVALID)),
    "/taxes/classes": _reading(settings.collection("tax_class")),
    "/payment_gateways": _reading(settings.collection("payment_gateway")),
    f"/payment_gateways/{WORD}": _reading(
        settings.single("payment_gateway", "woocommerce_rest_payment_gateway_invalid")
    ),
    "/shipping/zones": _reading(settings.collection("shipping_zone")),
    "/shipping_methods": _reading(settings.shipping_methods),
    f"/settings/{WORD}": _reading(settings.list_settings),
    f"/settings/{WORD}/{WORD}": _reading(settings.read_setting),
    "/system_status": _reading(settings.system_status),
    "/reports/orders/totals": _reading(order_routes.order_totals),
}
# What a route could do at the vendor, where the twin does less.
ALLOW_MORE = {
    "/customers": "GET, POST",
    "/coupons": "GET, POST",
    "/taxes": "GET, POST",
    f"/settings/{WORD}/{WORD}": "GET, POST, PUT, PATCH",
}
ROUTES = [
    # A name may stand once in a pattern, so the numbers go without.
    (re.compile(re.sub(r"\?P<\w+>", "", path)), path, handlers)
    for path, handlers in TABLE.items()
]


def build(state: TwinState) -> Starlette:
    """Return the shop as an application over its state."""
    shop = Shop(state)

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return respond(shop, request, body)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


def respond(shop: Shop, request: Request, body: bytes) -> Response:
    """Answer one request; every refusal becomes the error object WordPress would send."""
    call = _call(request)
    cron.visit(shop.state)
    headers, known = {}, False
    try:
        if request.url.path.rstrip("/") == "" and not call.has("rest_route"):
            return Response(f"<!DOCTYPE html><title>{shop.name}</title>", media_type="text/html")
        key = None if call.has("rest_route") else authenticate(shop.state, call)
        known = key is not None
        answer, allow = _dispatch(shop, call, body, known)
        headers = {"Allow": allow} if allow else {}
    except Refusal as refusal:
        answer = Answer(body=refusal.body(), status=refusal.status)
        known = known or refusal.known
        headers = _allow_of(call) if known and not refusal.bare else {}
    return _response(call, answer, headers, known)


def _call(request: Request) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        scheme=request.url.scheme,
        host=request.headers.get("host", ""),
        headers=request.headers,
        query_text=request.scope["query_string"].decode("latin-1"),
        given={},
        revoked=bool(request.scope.get("twin.revoked")),
    )


def _dispatch(shop: Shop, call: Call, body: bytes, known: bool) -> tuple[Answer, str]:
    path = call.path.rstrip("/")
    if path == "/wp-json":
        return settings.site_index(shop, call), "GET"
    if path == API:
        listed = {path: list(handlers) for path, handlers in TABLE.items()}
        return settings.namespace_index(listed)(shop, call), "GET"
    found = None if call.has("rest_route") else _route(path)
    if call.has("rest_route") or (found and not known):
        code, message = STRANGER[call.method]
        raise Refusal(code, message, 401, bare=True)
    if found is None or call.method not in found[1]:
        raise Refusal("rest_no_route", NO_ROUTE, 404, bare=True)
    groups, handlers, allow = found
    numbers = tuple(int(text) for text in groups if text.isdigit())
    full = replace(call, numbers=numbers, names=tuple(groups), given=_json(call, body))
    return handlers[call.method](shop, full), allow


def _route(path: str) -> tuple[tuple[str, ...], dict[str, Handler], str] | None:
    if not path.startswith(f"{API}/"):
        return None
    for pattern, name, handlers in ROUTES:
        if match := pattern.fullmatch(path.removeprefix(API)):
            return match.groups(), handlers, ALLOW_MORE.get(name, ", ".join(handlers))
    return None


def _allow_of(call: Call) -> dict[str, str]:
    found = _route(call.path.rstrip("/"))
    return {"Allow": found[2]} if found else {}


def _json(call: Call, body: bytes) -> dict[str, Any]:
    if call.method == "GET" or not body:
        return {}
    try:
        given = json.loads(body)
    except ValueError as error:
        data = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise Refusal("rest_invalid_json", "Invalid JSON body passed.", 400, data) from error
    return given if isinstance(given, dict) else {}


def _response(call: Call, answer: Answer, headers: dict[str, str], known: bool) -> Response:
    site = {"Link": f'<{call.base}/wp-json/>; rel="https://api.w.org/"'}
    caching = UNCACHED if known or call.path.rstrip("/") in ("/wp-json", API) else {}
    strange = {} if known else {"Vary": "Origin"}
    chosen = call.one("_fields") if answer.status < 400 else None  # WordPress leaves errors whole
    body = encode(only_fields(answer.body, chosen), call.base)
    every = ALWAYS | site | headers | answer.headers | caching | strange
    return Response(body, status_code=answer.status, headers=every)
