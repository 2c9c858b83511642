"""A twin brought to life: its file opened and seeded, its socket bound, uvicorn on top."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

import uvicorn

from hub.testing.twins.front import FrontDoor
from hub.testing.twins.profiles import start_weather
from hub.testing.twins.state import TwinState
from hub.testing.twins.twin import Twin

TICK_S = 1.0


@dataclass(frozen=True)
class TlsFiles:
    """The certificate a twin shows, and its key, as PEM files."""

    certificate: Path
    key: Path


class QuickServer(uvicorn.Server):
    """uvicorn looks for its end ten times a second, and waits another tenth; tests stop many."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Ask it to stop, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # its loop has ended already
                self._loop.call_soon_threadsafe(self._asked.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal."""
        super().handle_exit(sig, frame)
        self.leave()

    async def main_loop(self) -> None:
        """Serve until asked to stop."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hang up, and end as soon as the last request has its answer."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        end = asyncio.get_running_loop().time() + (self.config.timeout_graceful_shutdown or 1)
        while self._busy() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    def _busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A twin ready to be served, and what must be closed afterwards."""

    server: QuickServer
    listener: socket.socket
    state: TwinState

    def close(self) -> None:
        """Give back the port and the file."""
        self.listener.close()
        self.state.close()


def set_up(
    twin: Twin,
    *,
    data: Path,
    seed: Path | None,
    port: int = 0,
    tls: TlsFiles | None = None,
    options: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Stage:
    """Open the twin's file, seed it if it is new, and bind its port on loopback (0: any free).

    The options `profile` and `seed` set the weather; the others are the twin's own.
    """
    listener = _bind(port)
    state = TwinState(data, options, clock)
    scheme = "https" if tls else "http"
    state.url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    with state.transaction():
        if not state.setting("seeded", False):
            twin.seed(state, seed)
            state.keep("seeded", True)
    door = FrontDoor(twin, state, seed)
    with state.transaction():
        start_weather(door.dials, state)
    return Stage(server=_server(door, tls), listener=listener, state=state)


def _server(door: FrontDoor, tls: TlsFiles | None) -> QuickServer:
    config = uvicorn.Config(
        door,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the front door dates by the twin's own clock
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
    )
    return QuickServer(config)


def when_started(server: uvicorn.Server, tell: Callable[[], None]) -> None:
    """Let somebody know as soon as the server listens."""
    start = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await start(sockets)
        tell()

    server.startup = startup  # type: ignore[method-assign]


def _bind(port: int) -> socket.socket:
    listener = socket.socket()
    # A twin killed and started again wants its old port back at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Head and body of an answer are two small writes; the second would wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    return listener
