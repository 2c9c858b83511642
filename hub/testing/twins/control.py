"""`/_twin`: what a test may do to a twin behind the vendor's back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import log
from hub.testing.twins.deliveries import pending
from hub.testing.twins.faults import parse_fault
from hub.testing.twins.profiles import set_weather, weather
from hub.testing.twins.state import TwinState
from hub.testing.twins.twin import ActionError

if TYPE_CHECKING:
    from hub.testing.twins.front import FrontDoor

Handler = Callable[[Request, dict[str, Any]], Any]


def control_app(door: FrontDoor) -> Starlette:
    """Return the control endpoint; it needs no credentials, so twins listen on loopback only."""
    desk = _Desk(door)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/", desk.about),
        ("GET", "/log", desk.read_log),
        ("GET", "/clock", desk.read_clock),
        ("PUT", "/clock", desk.set_clock),
        ("GET", "/faults", desk.read_faults),
        ("POST", "/faults", desk.set_fault),
        ("DELETE", "/faults", desk.clear_faults),
        ("GET", "/profile", desk.read_profile),
        ("PUT", "/profile", desk.set_profile),
        ("GET", "/documents/{kind}", desk.list_documents),
        ("GET", "/documents/{kind}/{id}", desk.read_document),
        ("PUT", "/documents/{kind}/{id}", desk.put_document),
        ("POST", "/documents/{kind}/{id}", desk.merge_document),
        ("POST", "/actions/{name}", desk.act),
        ("GET", "/deliveries", desk.read_deliveries),
    ]
    routes = [
        Route(f"/_twin{path}", _locked(door, work), methods=[method])
        for method, path, work in table
    ]
    # Delivering takes the lock itself, once a webhook.
    routes.append(Route("/_twin/deliver", _delivering(door), methods=["POST"]))
    routes.append(Route("/_twin/settle", _settling(door), methods=["POST"]))
    # Whole states are copied between transactions, not inside one.
    routes.append(Route("/_twin/save", _copying(door, door.save), methods=["POST"]))
    routes.append(Route("/_twin/restore", _copying(door, door.restore), methods=["POST"]))
    return Starlette(routes=routes)


def _locked(door: FrontDoor, work: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        given = await request.json() if await request.body() else {}
        async with door.lock:
            try:
                with door.state.transaction():
                    door.state.during(request.method, request.url.path)
                    answer = work(request, given)
                # The clock may have moved: what was due by then is done when the answer is read.
                await door.catch_up()
                return JSONResponse(answer)
            except ActionError as refusal:
                return JSONResponse({"error": str(refusal)}, status_code=422)
            except (KeyError, TypeError, ValueError) as mistake:
                return JSONResponse({"error": repr(mistake)}, status_code=400)

    return endpoint


def _delivering(door: FrontDoor) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(_request: Request) -> JSONResponse:
        return JSONResponse({"delivered": await door.deliver(all_owed=True)})

    return endpoint


def _settling(door: FrontDoor) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(_request: Request) -> JSONResponse:
        await door.settle()
        return JSONResponse({})

    return endpoint


def _copying(
    door: FrontDoor, work: Callable[[Path], None]
) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(request: Request) -> JSONResponse:
        given = await request.json()
        async with door.lock:
            work(Path(given["path"]))
        return JSONResponse({})

    return endpoint


class _Desk:
    """The handlers; each runs under the lock, in a transaction."""

    def __init__(self, door: FrontDoor) -> None:
        self.door = door
        self.state: TwinState = door.state

    def about(self, _request: Request, _given: dict[str, Any]) -> Any:
        twin = self.door.twin
        actions = sorted(twin.actions)
        return {"name": twin.name, "title": twin.title, "url": self.state.url, "actions": actions}

    def read_log(self, request: Request, _given: dict[str, Any]) -> Any:
        query = request.query_params
        after = int(query.get("after", 0))
        lines = log.read(self.state.connection, entry=query.get("entry"), after=after)
        kind = query.get("kind")
        return [
            asdict(line) | {"at": line.at.isoformat()}
            for line in lines
            if kind in (None, line.kind)
        ]

    def read_clock(self, _request: Request, _given: dict[str, Any]) -> Any:
        clock = self.state.clock
        return {"now": clock.now().isoformat(), "frozen": clock.frozen}

    def set_clock(self, request: Request, given: dict[str, Any]) -> Any:
        clock = self.state.clock
        if given.get("frozen") is False:
            clock.run()
        elif given.get("frozen"):
            clock.freeze()
        if "now" in given:
            clock.move_to(_instant(given["now"]))
        if "advance" in given:
            clock.advance(float(given["advance"]))
        return self.read_clock(request, given)

    def read_faults(self, _request: Request, _given: dict[str, Any]) -> Any:
        return [asdict(fault) for fault in self.door.dials.current()]

    def set_fault(self, request: Request, given: dict[str, Any]) -> Any:
        self.door.dials.set(parse_fault(given))
        return self.read_faults(request, given)

    def clear_faults(self, request: Request, given: dict[str, Any]) -> Any:
        self.door.dials.clear(request.query_params.get("kind"))
        return self.read_faults(request, given)

    def read_profile(self, _request: Request, _given: dict[str, Any]) -> Any:
        return weather(self.state)

    def set_profile(self, request: Request, given: dict[str, Any]) -> Any:
        heals_after = given.get("heals_after")
        set_weather(
            self.door.dials, self.state, str(given["name"]), int(given.get("seed", 0)),
            None if heals_after is None else float(heals_after),
        )  # fmt: skip
        return self.read_profile(request, given)

    def list_documents(self, request: Request, _given: dict[str, Any]) -> Any:
        return self.state.all(request.path_params["kind"])

    def read_document(self, request: Request, _given: dict[str, Any]) -> Any:
        kind, id = request.path_params["kind"], request.path_params["id"]
        document = self.state.get(kind, id)
        if document is None:
            raise ActionError(f"no {kind} {id}")
        return document

    def put_document(self, request: Request, given: dict[str, Any]) -> Any:
        self.state.put(request.path_params["kind"], request.path_params["id"], given)
        return given

    def merge_document(self, request: Request, given: dict[str, Any]) -> Any:
        return self.put_document(request, self.read_document(request, given) | given)

    def act(self, request: Request, given: dict[str, Any]) -> Any:
        name = request.path_params["name"]
        action = self.door.twin.actions.get(name)
        if action is None:
            raise ActionError(f"no action {name}; there are {sorted(self.door.twin.actions)}")
        return action(self.state, given)

    def read_deliveries(self, _request: Request, _given: dict[str, Any]) -> Any:
        return [asdict(delivery) for delivery in pending(self.state)]


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
