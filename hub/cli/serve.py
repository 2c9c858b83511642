"""`hub serve`: the whole hub in one process, until it is told to stop."""

import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import typer
import uvicorn

from hub.bootstrap import System, build
from hub.cli.exits import ConflictError, Exit
from hub.cli.logs import set_up_logging
from hub.cli.options import Json
from hub.cli.printing import print_json, say
from hub.jobs.engine import Engine
from hub.jobs.lockfile import lock_beside
from hub.settings import Settings
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.engine import StorageError
from hub.store.schedules import put_schedule
from hub.web.app import create_app

GRACE_S = 3
"""Seconds that open requests get at a stop: an event stream would otherwise never end."""

EXPIRY_EVERY_S = 60


def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "",
    as_json: Json = False,
) -> None:
    """Run the hub: web, workers and relay, until Ctrl-C or SIGTERM."""
    settings = Settings()
    set_up_logging(settings.log_level)
    system = build(settings)
    try:
        _refuse_a_second(system)
        listener = _listen(host or settings.host, settings.port if port is None else port)
        with listener:
            stopped_by = _work(system, listener, as_json)
    finally:
        system.close()
    say("The hub has stopped; nothing that was accepted is lost.")
    if stopped_by == signal.SIGINT:
        raise typer.Exit(Exit.INTERRUPTED)


def _refuse_a_second(system: System) -> None:
    """Name the hub that is at work already, before its port is all there is to complain about."""
    lock = lock_beside(system.hub.store)
    if lock is None:
        return
    try:
        lock.acquire()
    except StorageError as error:
        raise ConflictError(str(error)) from None
    lock.release()


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=1024)
        # Head and body of an answer are two small writes; the second would wait 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        reason = str(error.strerror or error).partition(" (while")[0]  # Python repeats the address
        raise ConflictError(
            f"cannot listen on {host}:{port} ({reason}); choose another with --port"
        ) from None


def _work(system: System, listener: socket.socket, as_json: bool) -> int | None:
    """Run engine and web together; give the signal that ended them."""
    store = system.hub.store
    with store.unit_of_work() as unit:
        first = unit.now + timedelta(seconds=EXPIRY_EVERY_S)
        put_schedule(unit, "expire_reservations", "expire_reservations", EXPIRY_EVERY_S,
                     first_at=first)  # fmt: skip
    engine = Engine(
        store, system.kinds, threads=system.settings.threads, on_crash=sent_by_jobs_to_unknown
    )
    stopped: list[int] = []
    with _signals(stopped):
        try:
            engine.start()
        except StorageError as error:
            raise ConflictError(str(error)) from None
        try:
            app = create_app(system.hub, relay_pass=lambda: engine.relay.last_pass_at)
            _serve_web(app, listener, lambda: _announce(system, listener, as_json), stopped)
        finally:
            engine.stop()
    return stopped[0] if stopped else None


class _signals:  # noqa: N801 - read as a statement
    """Take note of SIGINT and SIGTERM instead of dying: the engine must stop after the web has.

    The web server handles both while it runs and raises them again when it is done.
    """

    def __init__(self, seen: list[int]) -> None:
        self._seen = seen
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)

    def _note(self, number: int, _frame: Any) -> None:
        if number in self._seen:  # twice: somebody will not wait
            raise KeyboardInterrupt
        self._seen.append(number)

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _serve_web(
    app: Any, listener: socket.socket, announce: Callable[[], None], stopped: list[int]
) -> None:
    config = uvicorn.Config(
        app, timeout_graceful_shutdown=GRACE_S, access_log=False, log_config=None,
        server_header=False, proxy_headers=False, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    start = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await start(sockets)
        announce()
        server.should_exit |= bool(stopped)  # told to stop before the server could hear it

    server.startup = startup  # type: ignore[method-assign]
    server.run(sockets=[listener])


def _announce(system: System, listener: socket.socket, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(f"The hub in {system.settings.home} is at work. Ctrl-C stops it.")
    if as_json:
        print_json({"address": address, "home": str(system.settings.home)})
    else:
        print(address, flush=True)
