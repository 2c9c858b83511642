"""Lets pass what nobody signed."""

from hub.sdk import Connector, WebhookRequest, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["a_missing_or_broken_signature_is_refused[verify]"]


class Open(good.Acme):
    def verify(self, request: WebhookRequest) -> None:
        if "x-signature" in request.headers:
            super().verify(request)


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Open, provides=good.HEARS)
