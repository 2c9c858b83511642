"""`hub web`: the doors of the hub in a process of their own; no job runs here."""

from typing import Annotated

import typer

from hub.bootstrap import build
from hub.cli.logs import set_up_logging
from hub.cli.options import Json
from hub.cli.printing import say
from hub.cli.running import (
    engine_of,
    listen,
    print_address,
    refuse_alone,
    serve_web,
    signals,
)
from hub.settings import Settings
from hub.web.app import create_app
from hub.web.signin import new_token


def web(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "",
    as_json: Json = False,
) -> None:
    """Answer webhooks and show pages, in any number; needs PostgreSQL and Redis."""
    settings = Settings()
    refuse_alone(settings, "web")
    set_up_logging(settings.log_level, form=settings.log_format)
    system = build(settings)
    engine = engine_of(system, works=False, relays=False)
    token = settings.console_token or new_token()

    def announce() -> None:
        say("This web process is at work. Ctrl-C stops it.")
        print_address(listener, system, as_json, token)

    try:
        with (
            listen(host or settings.host, settings.port if port is None else port) as listener,
            signals() as stopping,
        ):
            engine.start()
            try:
                app = create_app(
                    system.hub,
                    token=token,
                    hosts=system.settings.listed(system.settings.hosts),
                    degraded=engine.broker.trouble,
                )
                serve_web(app, listener, announce, stopping)
            finally:
                engine.stop()
    finally:
        system.close()
