"""A simulated shop on Acme: a token, two lists by cursor, stock, signed webhooks.

Options: `token`, `shop`, `per_page`. Actions: `place_order` (sku, quantity), `restock` (id,
quantity), `set_status` (id, status), `subscribe` (url, secret).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import (
    ActionError,
    Delivery,
    Document,
    Outgoing,
    RunningTwin,
    ShownOrder,
    Testimony,
    Twin,
    TwinState,
)

TOKEN = "acme-token"
GOODS = (("p-1", "TEE-M", "T-shirt, M", "12.00"), ("p-2", "MUG", "Mug", "8.50"),
         ("p-3", "BAG", "Bag", "19.90"))  # fmt: skip
BUYER = {
    "name": "Ada Byron", "street": "12 Harbor Road", "city": "Albany", "postcode": "12207",
    "country": "US", "email": "ada@buyer.example",
}  # fmt: skip
Handler = Callable[[TwinState, Request, Document], tuple[int, Any]]


# -- the shop's interface ------------------------------------------------------------------------


def build(state: TwinState) -> Starlette:
    """Give the shop's own HTTP interface."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/account", _account),
        ("GET", "/stock", _stock),
        ("PUT", "/stock", _set_stock),
        ("GET", "/{kind}", _list),
        ("GET", "/orders/{id}", _order),
    ]
    return Starlette(
        routes=[Route(path, _guarded(state, work), methods=[verb]) for verb, path, work in table]
    )


def _guarded(state: TwinState, work: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        wanted = f"Bearer {state.options.get('token', TOKEN)}"
        if request.scope["twin.revoked"] or request.headers.get("authorization") != wanted:
            return JSONResponse({"error": "This token is not valid"}, 401)
        try:
            given = json.loads(await request.body() or b"{}")
        except ValueError:
            return JSONResponse({"error": "The body is not JSON"}, 400)
        status, body = work(state, request, given)
        return JSONResponse(body, status)

    return endpoint


def _account(state: TwinState, request: Request, given: Document) -> tuple[int, Any]:
    name = state.options.get("shop", "First shop")
    return 200, {"id": name.lower().replace(" ", "-"), "name": name, "currency": "USD"}


def _list(state: TwinState, request: Request, given: Document) -> tuple[int, Any]:
    kind = request.path_params["kind"].removesuffix("s")
    after = request.query_params.get("cursor", "0")
    if kind not in ("order", "product") or not after.isdecimal():
        return 404, {"error": "There is no such list"}
    size = int(state.options.get("per_page", 2))
    changed = [one for one in state.all(kind) if one["change"] > int(after)]
    page = sorted(changed, key=lambda one: int(one["change"]))[:size]
    last = str(page[-1]["change"]) if page else after
    return 200, {"items": page, "next": last, "more": len(changed) > size}


def _order(state: TwinState, request: Request, given: Document) -> tuple[int, Any]:
    found = state.get("order", request.path_params["id"])
    return (200, found) if found else (404, {"error": "There is no such order"})


def _stock(state: TwinState, request: Request, given: Document) -> tuple[int, Any]:
    ids = request.query_params.get("ids", "").split(",")
    found = [product for id in ids if (product := state.get("product", id))]
    return 200, {"items": [{"id": one["id"], "quantity": one["quantity"]} for one in found]}


def _set_stock(state: TwinState, request: Request, given: Document) -> tuple[int, Any]:
    return 200, {"items": [_set_one(state, item) for item in given["items"]]}


def _set_one(state: TwinState, item: Document) -> Document:
    product = state.get("product", item["id"])
    if product is None:
        return {"id": item["id"], "error": "There is no such product"}
    _keep(state, "product", product | {"quantity": item["quantity"]}, "product.updated")
    state.effect("stock_set", item["id"], quantity=item["quantity"])
    return {"id": item["id"], "quantity": item["quantity"]}


# -- what happens in the shop --------------------------------------------------------------------


def _keep(state: TwinState, kind: str, document: Document, topic: str) -> None:
    """Store a record as the newest change, and owe a webhook about it."""
    changed = {"change": state.next("change"), "changed": state.clock.now().isoformat()}
    state.put(kind, document["id"], document | changed)
    if state.setting("hook"):
        state.queue("hook", topic, document["id"])


def _place_order(state: TwinState, given: Mapping[str, Any]) -> Document:
    sku, quantity = str(given.get("sku", "TEE-M")), int(given.get("quantity", 1))
    product = next((one for one in state.all("product") if one["sku"] == sku), None)
    if product is None:
        raise ActionError(f"no product {sku}")
    number, now = state.next("order"), state.clock.now().isoformat()
    total, shipping = Decimal(product["price"]) * quantity, Decimal("5.00")
    line = {"id": "1", "product": product["id"], "sku": sku, "title": product["title"],
            "quantity": quantity, "price": product["price"], "total": str(total)}  # fmt: skip
    order = {
        "id": f"o-{number}", "number": str(1000 + number), "status": "paid", "created": now,
        "paid": now, "currency": "USD", "shipping": str(shipping), "total": str(total + shipping),
        "lines": [line], "address": BUYER,
    }  # fmt: skip
    _keep(state, "order", order, "order.created")
    _keep(state, "product", product | {"quantity": product["quantity"] - quantity},
          "product.updated")  # fmt: skip
    return {"id": order["id"]}


def _restock(state: TwinState, given: Mapping[str, Any]) -> Document:
    product = state.get("product", given["id"])
    if product is None:
        raise ActionError(f"no product {given['id']}")
    _keep(state, "product", product | {"quantity": given["quantity"]}, "product.updated")
    return {"id": product["id"]}


def _set_status(state: TwinState, given: Mapping[str, Any]) -> None:
    order = state.get("order", given["id"])
    if order is None:
        raise ActionError(f"no order {given['id']}")
    _keep(state, "order", order | {"status": given["status"]}, "order.updated")


def _subscribe(state: TwinState, given: Mapping[str, Any]) -> None:
    state.keep("hook", {"url": given["url"], "secret": given["secret"]})


def _compose(state: TwinState, delivery: Delivery) -> Outgoing:
    hook = state.setting("hook")
    record = state.get(delivery.topic.partition(".")[0], delivery.subject) or {}
    told = {"id": delivery.subject, "changed": record.get("changed")}
    body = json.dumps(told).encode()
    digest = hmac.new(hook["secret"].encode(), body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    headers = (
        ("Content-Type", "application/json"),
        ("X-Acme-Topic", delivery.topic),
        ("X-Acme-Signature", signature),
    )
    return Outgoing(url=hook["url"], headers=headers, body=body)


def _seed(state: TwinState, folder: Path | None) -> None:
    for id, sku, title, price in GOODS:
        product = {"id": id, "sku": sku, "title": title, "price": price, "currency": "USD",
                   "quantity": 40, "active": True}  # fmt: skip
        _keep(state, "product", product, "product.updated")
    for quantity, (_, sku, _, _) in enumerate(GOODS * 3, start=1):
        _place_order(state, {"sku": sku, "quantity": quantity})


# -- the witness ---------------------------------------------------------------------------------


def _testify(twin: RunningTwin) -> Testimony:
    orders, products = twin.documents("order"), twin.documents("product")
    return Testimony(
        orders={order["id"]: _shown(order) for order in orders},
        stock={product["id"]: product["quantity"] for product in products},
        personal=frozenset(BUYER.values()) - {BUYER["country"], BUYER["city"]},
    )


def _shown(order: Document) -> ShownOrder:
    return ShownOrder(
        lines={line["id"]: line["quantity"] for line in order["lines"]},
        total=Decimal(order["total"]), currency=order["currency"], status=order["status"],
    )  # fmt: skip


twin = Twin(
    name="acme",
    title="Acme shop",
    build=build,
    seed=_seed,
    actions={
        "place_order": _place_order,
        "restock": _restock,
        "set_status": _set_status,
        "subscribe": _subscribe,
    },
    compose=_compose,
    connects=lambda url: {"url": url, "token": TOKEN},
    second={"shop": "Second shop"},
    testify=_testify,
)
