"""What the commands that stay share: their engine, their signals, their place at a port."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import uvicorn

from hub.bootstrap import System, build
from hub.cli.exits import ConflictError, UsageError
from hub.cli.logs import set_up_logging
from hub.cli.printing import print_json, say
from hub.jobs.brokers import choose_broker
from hub.jobs.engine import Engine
from hub.jobs.solo import COMMAND
from hub.services.purchasing.planning import DAILY
from hub.services.retention import NIGHTLY
from hub.services.vendors.connect import ensure_schedules
from hub.services.vendors.watch import EVERY_S as WATCH_EVERY_S
from hub.settings import Settings
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.installation import installation_mark
from hub.store.schedules import put_schedule

GRACE_S = 3
"""Seconds that open requests get at a stop: an event stream would otherwise never end."""

EXPIRY_EVERY_S = 60
RETURNS_EVERY_S = 600


def refuse_alone(settings: Settings, command: str) -> None:
    """Refuse a command that shares its work where processes cannot: raises `UsageError`."""
    if settings.database_url.startswith("postgresql") and settings.redis_url:
        return
    missing = "HUB_REDIS_URL" if settings.database_url else "HUB_DATABASE_URL and HUB_REDIS_URL"
    raise UsageError(
        f"`hub {command}` is one of many processes: they share PostgreSQL and wake each other "
        f"through Redis or Valkey. Set {missing}, or run `hub serve`, which is the whole hub"
    )


def engine_of(system: System, *, works: bool = True, relays: bool = True) -> Engine:
    """Make the engine of this process, on the broker that the settings choose."""
    settings = system.settings
    try:
        broker = choose_broker(settings.redis_url, f"hub:{installation_mark(system.engines)}")
    except ValueError:
        raise UsageError("HUB_REDIS_URL cannot be read; write redis://host:6379/0") from None
    if relays:
        _plan_housekeeping(system)
    return Engine(
        system.hub.store, system.kinds, threads=settings.threads, broker=broker,
        on_crash=sent_by_jobs_to_unknown, works=works, relays=relays, solo=COMMAND,
    )  # fmt: skip


def _plan_housekeeping(system: System) -> None:
    """Plan what runs by itself, also what an older version did not know of."""
    ensure_schedules(system.hub)
    with system.hub.store.unit_of_work() as unit:
        first = unit.now + timedelta(seconds=EXPIRY_EVERY_S)
        put_schedule(unit, "expire_reservations", "expire_reservations", EXPIRY_EVERY_S,
                     first_at=first)  # fmt: skip
        put_schedule(unit, "expire_returns", "expire_returns", RETURNS_EVERY_S)
        put_schedule(unit, "watch_health", "watch_health", WATCH_EVERY_S)
        put_schedule(unit, "forget_jobs", "forget_jobs", NIGHTLY)
        put_schedule(unit, "plan_reorders", "plan_reorders", DAILY)


def stay(settings: Settings, name: str, *, works: bool, as_json: bool) -> None:
    """Run one half of the engine, jobs or relay, until a signal."""
    refuse_alone(settings, name)
    set_up_logging(settings.log_level, form=settings.log_format)
    system = build(settings)
    try:
        engine = engine_of(system, works=works, relays=not works)
        with signals() as stopping:
            engine.start()
            say(f"This {name} is at work. Ctrl-C stops it.")
            if as_json:
                print_json({"at_work": name, "process": os.getpid(), "boot": engine.boot_id})
            stopping.told_to_stop.wait()
            engine.stop()
    finally:
        system.close()
    say(f"This {name} has stopped; what it left is done by others.")


class signals:  # noqa: N801 - read as a statement
    """Take note of SIGINT and SIGTERM instead of dying: the engine must stop after the web has.

    The web server handles both while it runs and raises them again when it is done.
    """

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.told_to_stop = threading.Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "signals":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, _frame: Any) -> None:
        if number in self.seen:  # twice: somebody will not wait
            raise KeyboardInterrupt
        self.seen.append(number)
        self.told_to_stop.set()

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 takes a free one. Raises `ConflictError`."""
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


def serve_web(
    app: Any, listener: socket.socket, announce: Callable[[], None], stopping: signals
) -> None:
    """Answer requests until a signal; `announce` is called when the first can be answered."""
    config = uvicorn.Config(
        app, timeout_graceful_shutdown=GRACE_S, access_log=False, log_config=None,
        server_header=False, proxy_headers=False, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    start = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await start(sockets)
        announce()
        server.should_exit |= bool(stopping.seen)  # told to stop before the server could hear it

    server.startup = startup  # type: ignore[method-assign]
    server.run(sockets=[listener])


def print_address(listener: socket.socket, system: System, as_json: bool, token: str = "") -> None:
    """Print where the web of this process is found, and the link whose holder may press buttons."""
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if as_json:
        print_json({"address": address, "home": str(system.settings.home)})
    else:
        print(address, flush=True)
    if token:
        say(f"To press buttons there: {address}/sign-in?token={token}")
