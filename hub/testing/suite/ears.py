"""Stands before the simulated vendor's interface: hears requests as they arrive, and speaks up."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.testing.twins import Twin, TwinState
from hub.testing.twins.wire import ask, read_body


@dataclass(frozen=True)
class Heard:
    """One request as it arrived on the wire; header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Scripted:
    """An answer in the vendor's own words, instead of its work; None answers every method."""

    method: str | None
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Ears:
    """What was heard, and what is to be answered."""

    heard: list[Heard] = field(default_factory=list)
    scripted: Scripted | None = None
    spoken: int = 0
    """How often the scripted answer was given."""
    spoil: Callable[[bytes], bytes] | None = None
    """Changes the body of what is answered, also to a POST: some vendors are searched by one."""

    def of(self, twin: Twin) -> Twin:
        """Give the same vendor, overheard."""
        return replace(twin, build=lambda state: self._before(twin, state))

    def reset(self) -> None:
        """Forget everything."""
        self.heard.clear()
        self.spoken = 0
        self.scripted = self.spoil = None

    def _before(self, twin: Twin, state: TwinState) -> ASGIApp:
        vendor = twin.build(state)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body = await read_body(receive)
            self.heard.append(_heard(scope, body))
            status, headers, answer = await self._answer(vendor, scope, body)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": answer})

        return app

    async def _answer(
        self, vendor: ASGIApp, scope: Scope, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        line = self.scripted
        if line and line.method in (None, scope["method"]) and re.search(line.path, scope["path"]):
            self.spoken += 1
            headers = {"content-type": "application/json", **line.headers}
            return line.status, [_pair(*one) for one in headers.items()], line.body
        reply = await ask(vendor, scope, body)
        answer = reply.body
        if self.spoil:
            answer = self.spoil(answer)
        kept = [one for one in reply.headers if one[0].lower() != b"content-length"]
        return reply.status, [*kept, _pair("content-length", str(len(answer)))], answer


def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


def _heard(scope: Scope, body: bytes) -> Heard:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    return Heard(scope["method"], scope["path"] + (f"?{query}" if query else ""), headers, body)
