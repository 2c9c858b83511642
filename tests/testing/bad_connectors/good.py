"""A good connector, from which each bad one differs in one thing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from hub.sdk import (
    CAPABILITIES,
    Accepted,
    Account,
    ChannelState,
    Connector,
    Delivery,
    EffectTraits,
    Family,
    MappingError,
    ObservedStock,
    Opening,
    Page,
    PaymentTerms,
    PullOrders,
    PullStock,
    PushShipment,
    PushStock,
    ReceiveWebhooks,
    ShipmentNotice,
    StockAnswer,
    StockTarget,
    WebhookRequest,
    hookimpl,
    verify_hmac_sha256,
)
from hub.sdk.payload import UnreadableJsonError, clean_json

CONFIG: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Acme",
    "type": "object",
    "additionalProperties": False,
    "required": ["url", "token"],
    "properties": {
        "url": {
            "type": "string", "format": "uri", "title": "Address", "description": "Of the shop.",
        },
        "token": {
            "type": "string", "writeOnly": True, "title": "Token", "description": "From the shop.",
        },
        "webhook_secret": {
            "type": "string", "writeOnly": True, "title": "Webhook secret",
            "description": "Signs webhooks.",
        },
    },
}  # fmt: skip

STATES = {"paid": ChannelState.OPEN, "sent": ChannelState.FINISHED}
READS, SELLS = (PullOrders,), (PushStock, PullStock)
SHIPS, HEARS = (PushShipment,), (ReceiveWebhooks,)


class Sheet(msgspec.Struct):
    orders: list[msgspec.Raw]
    next: str
    more: bool


class Acme:
    """One Acme shop, opened."""

    states: ClassVar[Mapping[str, ChannelState]] = STATES

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.url = str(opening.config["url"])
        self.token = opening.secret("token")
        self.http = opening.http(self.url, headers={"x-token": self.token})

    def check(self) -> Account:
        me = self.http.get("/me").json()
        return Account(id=me["id"], title=me["name"])

    # -- orders

    def sheet(self, since: str) -> Sheet:
        return self.http.get("/orders", params={"since": since}).decode(Sheet)

    def pull_orders(self, cursor: str | None) -> Iterator[Page]:
        more = True
        while more:
            sheet = self.sheet(cursor or "")
            cursor, more = sheet.next, sheet.more
            yield Page(items=tuple(map(bytes, sheet.orders)), cursor=cursor, last=not more)

    def read_order(self, external_id: str) -> bytes:
        answer = self.http.get(f"/orders/{external_id}")
        answer.json()  # half an order is no order
        return answer.body

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        try:
            order = clean_json(raw)
            changed = datetime.fromisoformat(order["changed"])
            return {
                "external_id": order["id"], "number": order["number"],
                "state": self.state(order["status"]), "channel_status": order["status"],
                "currency": order["currency"], "placed_at": changed, "updated_at": changed,
                "paid_at": changed, "payment_terms": PaymentTerms.ONLINE,
                "total_minor": order["cents"], "lines": tuple(map(_line, order["lines"])),
                "ship_to": {
                    "name": order["customer"]["name"], "street": (order["customer"]["street"],),
                    "city": order["customer"]["city"], "country": "US",
                },
            }  # fmt: skip
        except (KeyError, TypeError, AttributeError, UnreadableJsonError) as error:
            raise MappingError("order", type(error).__name__) from None

    def state(self, status: str) -> ChannelState:
        return self.states.get(status, ChannelState.UNKNOWN)

    # -- stock

    def read_stock(self, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
        ids = ",".join(one.external_id for one in listings)
        rows = self.http.get("/stock", params={"ids": ids}).json()["stock"]
        return tuple(ObservedStock(external_id=r["id"], quantity=r["quantity"]) for r in rows)

    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        wished = [{"id": one.external_id, "quantity": one.quantity} for one in targets]
        answers = self.http.put("/stock", json={"targets": wished}).json()["answers"]
        return tuple(StockAnswer(a["id"], a.get("quantity"), a.get("problem")) for a in answers)

    # -- shipments

    def push_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted:
        made = self.http.post(
            f"/orders/{notice.order_external_id}/shipments",
            json={"text": notice.text}, headers={"Idempotency-Key": key}, effect=True,
        ).json()  # fmt: skip
        return Accepted(made["id"])

    def find_shipment(self, notice: ShipmentNotice, *, key: str) -> Accepted | None:
        path = f"/orders/{notice.order_external_id}/shipments"
        rows = self.http.get(path).json()["shipments"]
        return next((Accepted(row["id"]) for row in rows if row["key"] == key), None)

    # -- webhooks

    def verify(self, request: WebhookRequest) -> None:
        signature = request.headers.get("x-signature")
        verify_hmac_sha256(request.body, signature, [self.opening.secret("webhook_secret")])

    def read(self, request: WebhookRequest) -> tuple[Delivery, ...]:
        try:
            about = clean_json(request.body)
            if about["topic"] != "order.changed":
                return ()
            return (Delivery("order", about["id"], about["topic"], f"{about['id']}:{about['n']}"),)
        except (KeyError, TypeError, UnreadableJsonError):
            return ()


def _line(line: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "external_id": line["id"], "listing_external_id": line["product"], "sku": line["sku"],
        "title": line["title"], "quantity": line["units"], "unit_price": "10.00",
        "subtotal_minor": 2000, "total_minor": 2000,
    }  # fmt: skip


def connector(
    factory: Any = Acme, provides: tuple[type, ...] = READS, **changes: Any
) -> list[Connector]:
    """Give the descriptor of a variant, true in all but what is changed."""
    rest = [one for one in CAPABILITIES["storefront"] if one not in provides]
    good = Connector(
        name="acme", title="Acme", family=Family.STOREFRONT, factory=factory, config_schema=CONFIG,
        provides=provides, lacks=dict.fromkeys(rest, "Acme does not offer this."),
        webhook_topics=("order.changed",) if ReceiveWebhooks in provides else (),
        effects={PushShipment: EffectTraits(
            key_retention=timedelta(days=1), lookup=True, settle=timedelta(minutes=1)
        )} if PushShipment in provides else {},
        twin="tests.testing.bad_connectors.vendor:twin",
    )  # fmt: skip
    return [replace(good, **changes)]


@hookimpl
def hub_connectors() -> list[Connector]:
    return connector(provides=(*READS, *SELLS, *SHIPS, *HEARS))
