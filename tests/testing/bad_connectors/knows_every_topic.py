"""Takes any topic for a changed order."""

from hub.sdk import Connector, Delivery, WebhookRequest, hookimpl
from hub.sdk.payload import UnreadableJsonError, clean_json
from tests.testing.bad_connectors import good

FAILS = ["an_unknown_topic_is_ignored_politely[read]"]


class Eager(good.Acme):
    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        try:
            about = clean_json(request.body)
            return (Delivery("order", about["id"], about["topic"], f"{about['id']}:{about['n']}"),)
        except (KeyError, TypeError, UnreadableJsonError):
            return ()


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Eager, provides=good.HEARS)
