"""The simulated vendor that every connector of this folder talks to: a tiny shop.

Every request carries `x-token`. Orders come two a page, also to a POST. A shipment is an effect:
`Idempotency-Key` is replayed, and the list of an order's shipments gives the key of each.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.testing.twins import RunningTwin, ShownOrder, Testimony, Twin, TwinState

TOKEN = "tok-acme-5f2c91"
PAGE = 2
STATUSES = ("paid", "paid", "sent", "paid", "sent")


def raw_order(number: int, status: str = "paid") -> dict[str, Any]:
    return {
        "id": f"o{number}", "number": str(1000 + number), "status": status,
        "changed": f"2026-11-20T09:{number:02}:00Z", "currency": "USD", "cents": 2000,
        "customer": {"name": "Quillfeather Ada", "street": "12 Canary Road", "city": "Albany"},
        "lines": [{"id": "1", "product": "p1", "sku": "MUG", "title": "Mug", "units": 2}],
    }  # fmt: skip


def seed(state: TwinState, folder: Path | None) -> None:
    for number, status in enumerate(STATUSES, 1):
        state.put("order", f"o{number}", raw_order(number, status))
    for product in ("p1", "p2"):
        state.put("stock", product, {"id": product, "quantity": 5})


def build(state: TwinState) -> Starlette:
    table = [
        ("GET", "/me", _me), ("GET", "/orders", _orders), ("GET", "/orders/{id}", _order),
        ("POST", "/orders", _orders),
        ("GET", "/stock", _stock), ("PUT", "/stock", _set_stock),
        ("POST", "/orders/{id}/shipments", _ship), ("GET", "/orders/{id}/shipments", _shipped),
    ]  # fmt: skip

    def guarded(work: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            given = await request.json() if await request.body() else {}
            if request.scope["twin.revoked"] or request.headers.get("x-token") != TOKEN:
                return JSONResponse({"error": "token"}, 401)
            status, body = work(state, request, given)
            return JSONResponse(body, status)

        return endpoint

    return Starlette(routes=[Route(path, guarded(w), methods=[m]) for m, path, w in table])


def _me(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    return 200, {"id": "shop-1", "name": "Acme", "currency": "USD"}


def _orders(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    since = request.query_params.get("since", "")
    rows = sorted(state.all("order"), key=lambda one: str(one["changed"]))
    rest = [one for one in rows if one["changed"] > since]
    page = rest[:PAGE]
    after = page[-1]["changed"] if page else since or "-"
    return 200, {"orders": page, "next": after, "more": len(rest) > PAGE}


def _order(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    found = state.get("order", request.path_params["id"])
    return (200, found) if found else (404, {"error": "no such order"})


def _stock(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    asked = request.query_params.get("ids", "").split(",")
    return 200, {"stock": [row for id in asked if (row := state.get("stock", id))]}


def _set_stock(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    answers = []
    for target in given["targets"]:
        if state.get("stock", target["id"]) is None:
            answers.append({"id": target["id"], "problem": "no such product"})
            continue
        state.put("stock", target["id"], target)
        state.effect("stock_set", target["id"])
        answers.append(target)
    return 200, {"answers": answers}


def _ship(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    key = request.headers.get("idempotency-key", "")
    if key and (kept := state.get("key", key)):
        return 201, kept
    made = {"id": f"s{state.next('shipment')}", "order": request.path_params["id"], "key": key}
    state.put("shipment", made["id"], made)
    state.effect("shipment_created", made["id"], key)
    if key:
        state.put("key", key, made)
    return 201, made


def _shipped(state: TwinState, request: Request, given: Any) -> tuple[int, Any]:
    order = request.path_params["id"]
    return 200, {"shipments": [one for one in state.all("shipment") if one["order"] == order]}


def place_order(state: TwinState, given: Any) -> Any:
    order = raw_order(state.next("placed") + 30)
    state.put("order", order["id"], order)
    return order


def testify(twin: RunningTwin) -> Testimony:
    orders = {
        one["id"]: ShownOrder(lines={}, total=Decimal(20), currency="USD", status=one["status"])
        for one in twin.documents("order")
    }
    stock = {one["id"]: one["quantity"] for one in twin.documents("stock")}
    return Testimony(orders=orders, stock=stock)


twin = Twin(
    name="acme", title="Acme", build=build, seed=seed, testify=testify,
    actions={"place_order": place_order},
    connects=lambda url: {"url": url, "token": TOKEN},
)  # fmt: skip
