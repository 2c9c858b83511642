"""`hub serve`: the whole hub in one process, until it is told to stop."""

import signal
import socket
from typing import Annotated

import typer

from hub.bootstrap import System, build
from hub.cli.exits import ConflictError, Exit
from hub.cli.logs import set_up_logging
from hub.cli.options import Json
from hub.cli.printing import say
from hub.cli.running import engine_of, listen, print_address, serve_web, signals
from hub.jobs.lockfile import lock_beside
from hub.settings import Settings
from hub.store.engine import StorageError
from hub.web.app import create_app
from hub.web.signin import new_token


def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "",
    as_json: Json = False,
) -> None:
    """Run the hub: web, workers and relay, until Ctrl-C or SIGTERM."""
    settings = Settings()
    set_up_logging(settings.log_level, form=settings.log_format)
    system = build(settings)
    try:
        _refuse_a_second(system)
        listener = listen(host or settings.host, settings.port if port is None else port)
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


def _work(system: System, listener: socket.socket, as_json: bool) -> int | None:
    """Run engine and web together; give the signal that ended them."""
    engine = engine_of(system)
    token = system.settings.console_token or new_token()

    def announce() -> None:
        say(f"The hub in {system.settings.home} is at work. Ctrl-C stops it.")
        print_address(listener, system, as_json, token)

    with signals() as stopping:
        try:
            engine.start()
        except StorageError as error:
            raise ConflictError(str(error)) from None
        try:
            app = create_app(
                system.hub,
                relay_pass=lambda: engine.relay.last_pass_at,
                token=token,
                hosts=system.settings.listed(system.settings.hosts),
                degraded=engine.broker.trouble,
            )
            serve_web(app, listener, announce, stopping)
        finally:
            engine.stop()
    return stopping.seen[0] if stopping.seen else None
