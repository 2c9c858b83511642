"""What `hub serve` and `hub web` share: answering webhooks, and showing pages, until a signal."""

import socket
from collections.abc import Callable
from datetime import datetime

from hub.bootstrap import System
from hub.cli.printing import say
from hub.cli.running import print_address, serve_web, signals
from hub.jobs.engine import Engine
from hub.web.app import create_app
from hub.web.signin import new_token


def answer(
    system: System,
    engine: Engine,
    listener: socket.socket,
    stopping: signals,
    at_work: str,
    as_json: bool,
    relay_pass: Callable[[], datetime | None] | None = None,
) -> None:
    """Answer requests beside an engine that has started, which is stopped after them.

    `at_work` is said, with the address, when the first request can be answered.
    """
    settings = system.settings
    token = settings.console_token or new_token()

    def announce() -> None:
        say(f"{at_work} Ctrl-C stops it.")
        print_address(listener, system, as_json, token)

    try:
        app = create_app(
            system.hub,
            relay_pass=relay_pass,
            token=token,
            hosts=settings.listed(settings.hosts),
            degraded=engine.broker.trouble,
        )
        serve_web(app, listener, announce, stopping)
    finally:
        engine.stop()
