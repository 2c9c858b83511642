"""Names this process answers to: a request for another name was not meant for us."""

from collections.abc import Set

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.web.local import host_name, names_loopback


class OnlyKnownHosts:
    """Refuses requests whose Host is neither this machine nor one of the `hosts`, with 421."""

    def __init__(self, app: ASGIApp, hosts: Set[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if scope["type"] == "http":
            host = Request(scope).headers.get("host", "")
            if host_name(host) not in self._hosts and not names_loopback(host):
                await PlainTextResponse("", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)
