"""`hub serve`: the whole hub in one process, until it is told to stop."""

import signal
import socket
from typing import Annotated

import typer

from hub.bootstrap import System, build
from hub.cli.answering import answer
from hub.cli.exits import ConflictError, Exit
from hub.cli.logs import set_up_logging
from hub.cli.options import Json
from hub.cli.printing import say
from hub.cli.running import engine_of, listen, signals
from hub.jobs.lockfile import lock_beside
from hub.settings import Settings
from hub.store.engine import StorageError


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
    with signals() as stopping:
        try:
            engine.start()
        except StorageError as error:
            raise ConflictError(str(error)) from None
        at_work = f"The hub in {system.settings.home} is at work."
        relay = engine.relay
        answer(system, engine, listener, stopping, at_work, as_json, lambda: relay.last_pass_at)
    return stopping.seen[0] if stopping.seen else None
