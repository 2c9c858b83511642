"""Verifies the signature of the JSON made anew, not of the bytes."""

import msgspec

from hub.sdk import Connector, SignatureError, WebhookRequest, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["a_changed_body_is_refused[verify]"]


class Reader(good.Acme):
    def verify(self, request: WebhookRequest) -> None:
        try:
            body = msgspec.json.encode(msgspec.json.decode(request.body))
        except msgspec.MsgspecError:
            raise SignatureError("this is no JSON") from None
        super().verify(WebhookRequest(request.headers, body))


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Reader, provides=good.HEARS)
