"""A simulated gateway, Acme: token, payments whose money moves once, keys.

Options: `token`, `account`. Action: `authorize` (amount, currency) gives the payment's id. A
repeated `Idempotency-Key` is answered as the first time; refusals are not remembered.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import Document, Performed, RunningTwin, Testimony, Twin, TwinState

TOKEN = "acme-token"
Answer = tuple[int, Any]
Handler = Callable[[TwinState, Request, Document], Answer]
LEFT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "capture": ("authorized", ("captured", "voided")),
    "refund": ("captured", ("refunded",)),
    "void": ("authorized", ("captured", "voided")),
}
"""What a verb may move: what came in by one kind, less what went by others."""
DONE = {"capture": "captured", "refund": "refunded", "void": "voided"}


def build(state: TwinState) -> Starlette:
    """Give the gateway's own HTTP interface."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/account", _account),
        ("GET", "/payments/{id}", _read),
        ("POST", "/payments/{id}/{verb}", _act),
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


def _account(state: TwinState, request: Request, given: Document) -> Answer:
    name = state.options.get("account", "First account")
    return 200, {"id": name.lower().replace(" ", "-"), "name": name, "currency": "EUR"}


def _read(state: TwinState, request: Request, given: Document) -> Answer:
    payment = state.get("payment", request.path_params["id"])
    return (200, payment) if payment else (404, {"error": "There is no such payment"})


def _act(state: TwinState, request: Request, given: Document) -> Answer:
    key, verb = request.headers.get("idempotency-key", ""), request.path_params["verb"]
    if done := state.get("key", key):
        return 200, done
    payment = state.get("payment", request.path_params["id"])
    if payment is None or verb not in LEFT:
        return 404, {"error": "There is no such payment"}
    amount = Decimal(given["amount"])
    if not 0 < amount <= _left(payment, verb):
        return 422, {"error": f"There is not that much left to {verb}"}
    event = _happen(state, payment, DONE[verb], given["amount"])
    state.put("key", key, event)
    state.effect(DONE[verb], payment["id"], key, amount=given["amount"])
    return 200, event


def _left(payment: Document, verb: str) -> Decimal:
    came, went = LEFT[verb]
    amounts = [(event["kind"], Decimal(event["amount"])) for event in payment["events"]]
    gone = sum((amount for kind, amount in amounts if kind in went), Decimal(0))
    return sum((amount for kind, amount in amounts if kind == came), Decimal(0)) - gone


def _happen(state: TwinState, payment: Document, kind: str, amount: str) -> Document:
    event = {
        "id": f"e-{state.next('event')}", "kind": kind, "amount": amount,
        "currency": payment["currency"], "at": state.clock.now().isoformat(),
    }  # fmt: skip
    state.put("payment", payment["id"], payment | {"events": [*payment["events"], event]})
    return event


def _authorize(state: TwinState, given: Mapping[str, Any]) -> Document:
    id, currency = f"pay-{state.next('payment')}", str(given.get("currency", "EUR"))
    payment: Document = {"id": id, "currency": currency, "events": []}
    _happen(state, payment, "authorized", str(given.get("amount", "50.00")))
    return {"id": id}


def _seed(state: TwinState, folder: Path | None) -> None:
    _authorize(state, {"amount": "80.00"})
    payment = state.get("payment", _authorize(state, {"amount": "50.00"})["id"])
    assert payment is not None
    _happen(state, payment, "captured", "50.00")


def _testify(twin: RunningTwin) -> Testimony:
    moved = tuple(
        Performed(kind=line.kind, key=line.reference, subject=line.subject)
        for kind in DONE.values()
        for line in twin.log.effects(kind)
    )
    return Testimony(performed=moved)


twin = Twin(
    name="acme",
    title="Acme gateway",
    build=build,
    seed=_seed,
    actions={"authorize": _authorize},
    connects=lambda url: {"url": url, "token": TOKEN},
    second={"account": "Second account"},
    testify=_testify,
)
