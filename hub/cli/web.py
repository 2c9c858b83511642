"""`hub web`: the doors of the hub in a process of their own; no job runs here."""

from typing import Annotated

import typer

from hub.bootstrap import build
from hub.cli.answering import answer
from hub.cli.logs import set_up_logging
from hub.cli.options import Json
from hub.cli.running import engine_of, listen, refuse_alone, signals
from hub.settings import Settings


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
    try:
        with (
            listen(host or settings.host, settings.port if port is None else port) as listener,
            signals() as stopping,
        ):
            engine.start()
            at_work = "This web process is at work."
            answer(system, engine, listener, stopping, at_work, as_json)
    finally:
        system.close()
