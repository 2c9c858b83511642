"""What every page of the console is given, and how it is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.services.context import Hub
from hub.web.rendering import render
from hub.web.signin import Door

DONE = {
    "paused": "Paused: its jobs wait, its webhooks are kept.",
    "resumed": "Resumed: its jobs start over the next minute.",
    "owed": "A pull is owed; it starts at once when the hub is at work.",
    "replayed": "It runs again, with fresh attempts and the same keys.",
    "replayed_all": "They run again, with fresh attempts and the same keys.",
    "replayed_some": "Those that can run again do. The others stay: their connection may not be "
    "used, or the same work is owed already.",
    "cancelled": "Cancelled.",
    "asked": "It runs; it was asked to stop, and does so at its next step.",
    "landed": "It was understood this time, and has landed.",
    "not_landed": "It is still not understood; the reason below is the new one.",
}
"""What a page says after a press; the address carries the word, never the sentence."""

HEADINGS = {403: "Not allowed", 404: "Not found", 409: "Not possible"}


@dataclass(frozen=True)
class Console:
    """The hub, the door that guards its buttons, and whether an engine runs beside it."""

    hub: Hub
    door: Door
    relay_pass: Callable[[], datetime | None] | None = None

    @property
    def engine_runs(self) -> bool:
        """Whether this process does the work too."""
        return self.relay_pass is not None

    def show(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """Fill a template for whoever asks: buttons are shown to those who may press them."""
        return render(
            template, status, may=self.door.knows(request), now=self.hub.store.clock(),
            done=DONE.get(request.query_params.get("done", ""), ""),
            live=request.query_params.get("live") == "1", path=request.url.path, **values,
        )  # fmt: skip

    def missing(self, request: Request, sentence: str, status: int = 404) -> Response:
        """Say what is not there, or not possible, and where to look instead."""
        return self.show(
            request, "missing.html", status, sentence=sentence, heading=HEADINGS[status]
        )
