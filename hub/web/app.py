"""The web application: webhooks, health, and pages for people at this machine."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI
from starlette.routing import Route

from hub.services.context import Hub
from hub.web.health import Health
from hub.web.pages import Pages
from hub.web.webhooks import Webhooks

RelayPass = Callable[[], datetime | None]
"""Gives when the relay last looked for work; None before the first time."""


def create_app(hub: Hub, relay_pass: RelayPass | None = None) -> FastAPI:
    """Make the application of a hub; `relay_pass` is given where a relay runs beside it."""
    # Nothing redirects: a vendor does not follow, and counts it as a failure.
    app = FastAPI(
        title="Commerce Hub", docs_url=None, redoc_url=None, openapi_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    webhooks = Webhooks(hub)
    health = Health(hub, relay_pass, webhooks.answers)
    app.router.routes += [
        # Plain routes: a webhook is answered in milliseconds, without validation of parameters.
        Route("/hooks/{token}", webhooks.receive, methods=["POST"]),
        Route("/health", health.alive, methods=["GET"]),
        Route("/ready", health.ready, methods=["GET"]),
        *Pages(hub, relay_pass).routes(),
    ]
    return app
