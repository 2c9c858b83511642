"""The hub of a world, reachable from outside: vendors deliver to it, operators look at it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from hub.bootstrap import System
from hub.testing.twins.serving import QuickServer
from hub.testing.world import World
from hub.web.app import create_app


class _Door:
    """Leads to whichever hub is at work behind it: a world may crash and start again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._behind: tuple[System, Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        system = self._world.system
        if self._behind is None or self._behind[0] is not system:
            self._behind = (system, create_app(system.hub))
        await self._behind[1](scope, receive, send)


@contextmanager
def open_door(world: World) -> Iterator[str]:
    """Serve the world's hub on a free port of this machine; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    world.public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(_Door(world), lifespan="off", log_config=None, access_log=False)
    server = QuickServer(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield world.public_url
    finally:
        server.leave()
        thread.join()
        listener.close()
