"""A storefront whose webhooks need no shop: signed with its secret, they name one order."""

from hub.sdk import (
    CAPABILITIES,
    Account,
    Connector,
    Delivery,
    Family,
    Opening,
    ReceiveWebhooks,
    WebhookRequest,
    verify_hmac_sha256,
)
from hub.sdk.hooks import hookimpl


class Bell:
    """Verifies, and gives the body as the order's id."""

    def __init__(self, opening: Opening) -> None:
        self._secret = opening.secret("webhook_secret")

    def check(self) -> Account:
        return Account(id="bell", title="Bell")

    def verify(self, request: WebhookRequest) -> None:
        verify_hmac_sha256(request.body, request.headers.get("x-signature"), [self._secret])

    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        text = request.body.decode()
        return (Delivery("order", text, "order.updated", f"order:{text}"),)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the bell."""
    lacks = {one: "A bell." for one in CAPABILITIES["storefront"] if one is not ReceiveWebhooks}
    return [
        Connector(
            name="bell", title="Bell", family=Family.STOREFRONT, factory=Bell, config_schema={},
            provides=(ReceiveWebhooks,), lacks=lacks,
        )
    ]  # fmt: skip
