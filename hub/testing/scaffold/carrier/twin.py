"""A simulated carrier, Acme: token, rates, labels by key, scans by the clock.

Options: `token`, `account`. A repeated `Idempotency-Key` is answered as the first time.
"""

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import Document, Performed, RunningTwin, Testimony, Twin, TwinState

TOKEN = "acme-token"
SERVICES = (("express", "Express", "9.80", 1), ("economy", "Economy", "4.20", 4))
SCRIPT = ((1, "accepted", "Depot"), (6, "moving", "Sorting centre"), (36, "delivered", "Door"))
"""Hours after the label, what happens, and where."""
PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n"
Answer = tuple[int, Any]
Handler = Callable[[TwinState, Request, Document], Answer]


def build(state: TwinState) -> Starlette:
    """Give the carrier's own HTTP interface."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/account", _account),
        ("GET", "/rates", _rates),
        ("POST", "/labels", _buy),
        ("GET", "/labels", _found),
        ("DELETE", "/labels/{id}", _void),
        ("GET", "/parcels/{number}", _track),
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


def _rates(state: TwinState, request: Request, given: Document) -> Answer:
    return 200, {
        "rates": [
            {"service": service, "title": title, "price": price, "currency": "EUR", "days": days}
            for service, title, price, days in SERVICES
        ]
    }


def _buy(state: TwinState, request: Request, given: Document) -> Answer:
    key = request.headers.get("idempotency-key", "")
    if bought := state.get("key", key):
        return 201, state.get("label", bought["label"])
    if not 0 < given["weight_g"] <= 30_000:
        return 422, {"error": "No service carries this weight"}
    number = state.next("label")
    service, _, price, _ = min(SERVICES, key=lambda one: float(one[2]))
    label = {
        "id": f"L-{number:05}", "reference": given["reference"], "voided": False,
        "service": given["service"] or service, "price": price, "currency": "EUR",
        "tracking_number": f"AC{number:09}", "document": base64.b64encode(PAPER).decode(),
        "bought": state.clock.now().isoformat(),
    }  # fmt: skip
    state.put("label", label["id"], label)
    state.put("key", key, {"label": label["id"]})
    state.effect("label_bought", label["id"], given["reference"])
    return 201, label


def _found(state: TwinState, request: Request, given: Document) -> Answer:
    wanted = request.query_params.get("reference")
    return 200, {"labels": [one for one in state.all("label") if one["reference"] == wanted]}


def _void(state: TwinState, request: Request, given: Document) -> Answer:
    label = state.get("label", request.path_params["id"])
    if label is None:
        return 404, {"error": "There is no such label"}
    if not label["voided"] and _scans(state, label):
        return 422, {"error": "The parcel is on its way"}
    if not label["voided"]:
        state.put("label", label["id"], label | {"voided": True})
        state.effect("label_voided", label["id"], label["reference"])
    return 200, label | {"voided": True}


def _track(state: TwinState, request: Request, given: Document) -> Answer:
    number = request.path_params["number"]
    label = next((one for one in state.all("label") if one["tracking_number"] == number), None)
    return (200, {"scans": _scans(state, label)}) if label else (404, {"error": "No such parcel"})


def _scans(state: TwinState, label: Document) -> list[Document]:
    bought = datetime.fromisoformat(label["bought"])
    steps = [(bought + timedelta(hours=hours), code, place) for hours, code, place in SCRIPT]
    return [
        {"at": at.isoformat(), "code": code, "text": code.capitalize(), "place": place}
        for at, code, place in steps
        if at <= state.clock.now()
    ]


def _seed(state: TwinState, folder: Path | None) -> None:
    """A new account has bought nothing."""


def _testify(twin: RunningTwin) -> Testimony:
    voided = {line.subject for line in twin.log.effects("label_voided")}
    bought = tuple(
        Performed(kind="label", key=line.reference, subject=line.subject,
                  undone=line.subject in voided)
        for line in twin.log.effects("label_bought")
    )  # fmt: skip
    return Testimony(performed=bought)


twin = Twin(
    name="acme",
    title="Acme carrier",
    build=build,
    seed=_seed,
    connects=lambda url: {"url": url, "token": TOKEN},
    second={"account": "Second account"},
    testify=_testify,
)
