"""The web application: webhooks, health, and the console for people at this machine."""

from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi import FastAPI
from starlette.routing import Route

from hub.services.context import Hub
from hub.web.actions import Actions
from hub.web.connection_pages import ConnectionPages
from hub.web.console import Console
from hub.web.health import Health
from hub.web.hosts import OnlyKnownHosts
from hub.web.local import for_this_machine
from hub.web.metrics import Metrics
from hub.web.pages import Pages
from hub.web.signin import Door
from hub.web.webhooks import Webhooks
from hub.web.work_pages import WorkPages

RelayPass = Callable[[], datetime | None]
"""Gives when the relay last looked for work; None before the first time."""
Degraded = Callable[[], str]
"""Says what makes work slower though it goes on, such as a broker that is away; else empty."""


def create_app(
    hub: Hub, relay_pass: RelayPass | None = None, *, token: str = "",
    hosts: Sequence[str] = (), degraded: Degraded | None = None,
) -> FastAPI:  # fmt: skip
    """Make the application of a hub; `relay_pass` is given where a relay runs beside it.

    Without `token` the console is read only. `hosts` are the names this process answers to beside
    its own machine's; none given: it answers to every name, and a proxy is to choose.
    """
    # Nothing redirects: a vendor does not follow, and counts it as a failure.
    app = FastAPI(
        title="Commerce Hub", docs_url=None, redoc_url=None, openapi_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    webhooks = Webhooks(hub)
    health = Health(hub, relay_pass, webhooks.answers, degraded)
    console = Console(hub, Door(token), relay_pass)
    metrics = Metrics(hub, relay_pass, webhooks.answers, console.door)
    app.router.routes += [
        # Plain routes: a webhook is answered in milliseconds, without validation of parameters.
        Route("/hooks/{token}", webhooks.receive, methods=["POST"]),
        Route("/health", health.alive, methods=["GET"]),
        Route("/ready", health.ready, methods=["GET"]),
        Route("/metrics", metrics.scrape, methods=["GET"]),
        *Actions(console).routes(),
    ]
    for part in (Pages(console), ConnectionPages(console), WorkPages(console)):
        app.router.routes += [
            Route(path, for_this_machine(page), methods=["GET"])
            for path, page in part.pages().items()
        ]
    if hosts:
        app.add_middleware(OnlyKnownHosts, hosts=frozenset(hosts))
    return app
