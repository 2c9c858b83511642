"""The simulated carrier: an interface of our own invention, in four flavours.

Every request carries `Authorization: Bearer <token>` (option `token`, default `scripted-token`).
Errors are `{"error": {"code", "message"}}`.

    GET    /account             {"id", "name", "currency", "flavour"}
    GET    /rates               ?weight_g=&country=  {"rates": [...]}, cheapest first
    POST   /labels              {"reference", "order", "service" or null, "weight_g", "from", "to"}
                                201 and the label, its PDF in base64; 422 when refused
    GET    /labels              ?reference=  {"labels": [...]}; 404 in flavours without look-up
    DELETE /labels/{id}         200, as often as asked; 409 `in_transit` once it is on its way
    GET    /tracking/{number}   {"scans": [...]}, oldest first, as far as the script has come

`Idempotency-Key` is honoured by flavours with keys for 24 hours of the virtual clock (option
`key_retention`, seconds): a repeat is answered as before, a stored 5xx too; 409 `in_progress` while
the first one is at work; 422 `key_reused` for other parameters. Refusals are not stored.

Beside the faults of the kit (for example `error_before` on `GET /labels`: a degraded list), actions
script the mishaps of the next purchases:

    late_apply     seconds, times      504 now, the label is bought `seconds` later
    stored_error   status, applied     that status now and for every repeat of its key
    listing_lag    seconds             from now on, labels are listed only that long after
    script         steps, number       what a parcel goes through: after (s), code, text, place
    settle                             carry out late purchases that are due, without a request

The witness is the log: `label_bought` and `label_voided`, with the caller's reference.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.carrier import desk
from hub.testing.carrier.answers import Answer, failure
from hub.testing.carrier.flavours import FLAVOURS, Flavour
from hub.testing.carrier.witness import testify
from hub.testing.twins import ActionError, Document, Twin, TwinState

HOUR = 3600
SCRIPT = (
    {"after": 1 * HOUR, "code": "ACC", "text": "Accepted", "place": "Depot"},
    {"after": 6 * HOUR, "code": "TRN", "text": "In transit", "place": "Sorting centre"},
    {"after": 30 * HOUR, "code": "OFD", "text": "Out for delivery", "place": "Delivery base"},
    {"after": 36 * HOUR, "code": "DLV", "text": "Delivered", "place": "Front door"},
)

Handler = Callable[[TwinState, Flavour, Request, Document], Answer]


def build(flavour: Flavour, state: TwinState) -> Starlette:
    """Give the carrier's own interface."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/account", _account),
        ("GET", "/rates", _rates),
        ("POST", "/labels", _buy),
        ("GET", "/labels", _list),
        ("DELETE", "/labels/{id}", _void),
        ("GET", "/tracking/{number}", _track),
    ]
    return Starlette(
        routes=[
            Route(path, _guarded(state, flavour, work), methods=[method])
            for method, path, work in table
        ]
    )


def _guarded(
    state: TwinState, flavour: Flavour, work: Handler
) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        desk.apply_due(state)
        given = await request.body()
        status, body = _unless_refused(state, flavour, work, request, given)
        return JSONResponse(body, status)

    return endpoint


def _unless_refused(
    state: TwinState, flavour: Flavour, work: Handler, request: Request, body: bytes
) -> Answer:
    wanted = f"Bearer {state.options.get('token', 'scripted-token')}"
    if request.scope["twin.revoked"] or request.headers.get("authorization") != wanted:
        return failure(401, "token", "This token is not valid")
    try:
        given = msgspec.json.decode(body or b"{}", type=dict)
    except msgspec.MsgspecError:
        return failure(400, "json", "The body is not a JSON object")
    return work(state, flavour, request, given)


def _account(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    id = state.setting("account")
    return 200, {"id": id, "name": "Scripted", "currency": "EUR", "flavour": flavour.name}


def _rates(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    weight = request.query_params.get("weight_g", "")
    if not weight.isdecimal():
        return failure(422, "weight", "weight_g is a number of grams")
    fields = ("service", "title", "price", "days")
    rows = [{name: row[name] for name in fields} for row in desk.services_for(int(weight))]
    return 200, {"rates": [row | {"currency": "EUR"} for row in rows]}


def _buy(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    return desk.buy(state, flavour, given, request.headers.get("idempotency-key", ""))


def _list(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    if not flavour.lookup:
        return failure(404, "no_listing", "Labels cannot be listed here")
    return 200, {"labels": desk.found(state, request.query_params.get("reference", ""))}


def _void(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    return desk.void(state, request.path_params["id"])


def _track(state: TwinState, flavour: Flavour, request: Request, given: Document) -> Answer:
    number = request.path_params["number"]
    for label in state.all("label"):
        if label["tracking_number"] == number:
            return 200, {"scans": desk.scans_of(state, label)}
    return failure(404, "unknown_parcel", f"There is no parcel {number}")


# -- what a test may let happen ----------------------------------------------------------------


def _late_apply(state: TwinState, given: Mapping[str, Any]) -> None:
    _script_mishap(state, given, {"kind": "late_apply", "seconds": float(given["seconds"])})


def _stored_error(state: TwinState, given: Mapping[str, Any]) -> None:
    status, applied = int(given.get("status", 500)), bool(given.get("applied", False))
    if not 500 <= status <= 599:
        raise ActionError("a stored error is a 5xx; refusals are not stored")
    _script_mishap(state, given, {"kind": "stored_error", "status": status, "applied": applied})


def _script_mishap(state: TwinState, given: Mapping[str, Any], mishap: Document) -> None:
    times = int(given.get("times", 1))
    state.keep("mishaps", [*state.setting("mishaps", []), *[mishap] * times])


def _listing_lag(state: TwinState, given: Mapping[str, Any]) -> None:
    state.keep("listing_lag", float(given["seconds"]))


def _set_script(state: TwinState, given: Mapping[str, Any]) -> None:
    steps = [
        {
            "after": float(step["after"]),
            "code": str(step["code"]),
            "text": str(step.get("text", "")),
            "place": str(step.get("place", "")),
        }
        for step in given["steps"]
    ]
    state.put("script", str(given.get("number", "")), {"steps": steps})


def _settle(state: TwinState, given: Mapping[str, Any]) -> int:
    return desk.apply_due(state)


def _seed(flavour: Flavour, state: TwinState, folder: Path | None) -> None:
    """Open the account, empty; this carrier has no samples, so a folder has nothing to give."""
    state.keep("account", f"scripted-{flavour.name}")
    state.put("script", "", {"steps": SCRIPT})


def _twin(flavour: Flavour) -> Twin:
    return Twin(
        name=f"scripted-{flavour.name.replace('_', '-')}",
        title=f"Scripted carrier ({flavour.name.replace('_', ' ')})",
        build=partial(build, flavour),
        seed=partial(_seed, flavour),
        actions={
            "late_apply": _late_apply,
            "stored_error": _stored_error,
            "listing_lag": _listing_lag,
            "script": _set_script,
            "settle": _settle,
        },
        connects=lambda url: {"base_url": url, "token": "scripted-token"},
        testify=testify,
    )


key_and_lookup, key_only, lookup_only, neither = (_twin(flavour) for flavour in FLAVOURS)
twin = key_and_lookup
