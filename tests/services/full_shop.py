"""A shop without a network that can do everything a storefront can, and keeps a diary of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.records.catalogue import ListingTarget
from hub.records.connection import Subscription
from hub.records.payment import RefundRequest
from hub.sdk import (
    CAPABILITIES,
    Accepted,
    AnswerReturn,
    CancelOrder,
    Connector,
    EffectTraits,
    Family,
    ListingAnswer,
    ObservedStock,
    Opening,
    Page,
    PushShipment,
    RefundOrder,
    RejectedError,
    ReturnAnswer,
    Secret,
    StockAnswer,
    StockTarget,
    WebhookRequest,
)
from hub.sdk.hooks import hookimpl
from tests.records.order_example import PLACED
from tests.services.scripted_shop import ScriptedShop


def remembered(vendor: Any, opening: Opening) -> None:
    """Let a vendor be what it was, when its connection is opened anew."""
    vendor.__dict__ = opening.http("memory:")  # type: ignore[assignment]


class FullShop(ScriptedShop):
    """`trouble` is raised, once, by the next call that does something."""

    def __init__(self, opening: Opening) -> None:
        remembered(self, opening)
        if self.__dict__:
            return
        super().__init__(opening)
        self.refunds: dict[str, list[dict[str, Any]]] = {}
        self.refunded_under: dict[str, str] = {}
        self.cancelled: dict[str, str] = {}
        self.stock: dict[str, int | None] = {}
        self.shown: dict[str, dict[str, str]] = {}
        self.hooks: dict[str, Subscription] = {}
        self.list_trouble: Exception | None = None
        self.secrets: list[str] = []
        self.ids: dict[str, list[str]] = {"order": [], "listing": []}
        self.raws: dict[str, bytes] = {}
        self.diary: list[str] = []
        self.trouble: Exception | None = None
        self.tells_what_it_stored = True
        self.takes = 0

    def _does(self, what: str) -> None:
        self.diary.append(what)
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble

    def to_order(self, raw: bytes) -> Mapping[str, Any]:
        said, made = json.loads(raw), dict(super().to_order(raw))
        if "city" in said:
            made["bill_to"] = {**made["bill_to"], "city": said["city"]}
        if self.takes:
            made["lines"] = tuple({**one, "stock_taken": self.takes} for one in made["lines"])
        made["refund_ids"] = tuple(made.get("refund_ids", ()))
        return made

    def read_order(self, external_id: str) -> bytes:
        if external_id not in self.raws:
            raise RejectedError("no such order", code="not_found")
        return self.raws[external_id]

    def read_refunds(self, order_external_id: str) -> tuple[bytes, ...]:
        self.diary.append(f"read refunds of {order_external_id}")
        return tuple(json.dumps(one).encode() for one in self.refunds.get(order_external_id, []))

    def to_refund(self, raw: bytes) -> Mapping[str, Any]:
        said = json.loads(raw)
        lines = tuple(
            {"line_external_id": key, "quantity": n, "amount_minor": 100 * n}
            for key, n in said.get("lines", {}).items()
        )
        return {
            "external_id": said["id"], "order_external_id": said["order"], "currency": "USD",
            "amount_minor": said["amount"], "refunded_at": PLACED, "lines": lines,
            "key": said.get("key", ""),
        }  # fmt: skip

    def refund_order(self, request: RefundRequest, *, key: str) -> Accepted:
        made = self.refunded_under.setdefault(key, f"r{len(self.refunded_under) + 1}")
        listed = self.refunds.setdefault(request.order_external_id, [])
        listed.append(
            {
                "id": made,
                "order": request.order_external_id,
                "key": key,
                "amount": request.amount_minor,
                "lines": {one.line_external_id: one.quantity for one in request.lines},
            }
        )
        self._does(f"refund {request.amount_minor}")
        return Accepted(made)

    def find_refund(self, request: RefundRequest, *, key: str) -> Accepted | None:
        self.diary.append("look for a refund")
        made = self.refunded_under.get(key)
        return Accepted(made) if made else None

    def cancel_order(self, order_external_id: str, reason: str, *, key: str) -> Accepted:
        if not isinstance(self.trouble, RejectedError):
            self.cancelled[order_external_id] = key  # a lost answer is the answer to something
        self._does(f"cancel {order_external_id}: {reason}")
        return Accepted(order_external_id)

    def find_cancellation(self, order_external_id: str, *, key: str) -> Accepted | None:
        return Accepted(order_external_id) if order_external_id in self.cancelled else None

    def read_stock(self, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
        asked = [one.external_id for one in listings]
        self.diary.append(f"read stock of {' '.join(asked)}")
        return tuple(
            ObservedStock(external_id=one, quantity=self.stock[one])
            for one in asked
            if one in self.stock
        )

    def push_stock(self, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
        for one in targets:
            self.stock[one.external_id] = one.quantity
        self._does(f"set {' '.join(f'{one.external_id}={one.quantity}' for one in targets)}")
        told = self.tells_what_it_stored
        return tuple(StockAnswer(one.external_id, one.quantity if told else None)
                     for one in targets)  # fmt: skip

    def push_listings(self, targets: Sequence[ListingTarget]) -> tuple[ListingAnswer, ...]:
        answers = []
        for one in targets:
            said = one.model_dump(exclude_none=True, exclude={"external_id", "parent_external_id"})
            self.shown.setdefault(one.external_id, {}).update(said)
            stored = ListingTarget(external_id=one.external_id, **self.shown[one.external_id])
            answers.append(ListingAnswer(one.external_id, stored))
        self._does("push listings")
        return tuple(answers)

    def read_listings(self, ids: Sequence[ListingTarget]) -> tuple[ListingTarget, ...]:
        self.diary.append("read listings")
        return tuple(
            ListingTarget(external_id=one.external_id, **self.shown[one.external_id])
            for one in ids
            if one.external_id in self.shown
        )

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        if self.list_trouble:
            raise self.list_trouble
        return tuple(self.hooks.values())

    def put_subscription(self, topic: str, address: str, secret: Secret) -> Subscription:
        self._does(f"put {topic}")
        there = [one.external_id for one in self.hooks.values()
                 if (one.topic, one.address) == (topic, address)]  # fmt: skip
        id = there[0] if there else f"h{len(self.diary)}"
        self.hooks[id] = Subscription(external_id=id, topic=topic, address=address, active=True)
        self.secrets.append(secret.reveal())
        return self.hooks[id]

    def remove_subscription(self, external_id: str) -> None:
        self._does(f"remove {external_id}")
        self.hooks.pop(external_id, None)

    def list_ids(self, kind: str, since: datetime | None) -> Iterator[tuple[str, ...]]:
        yield tuple(self.ids[kind])

    def pull_returns(self, cursor: str | None) -> Iterator[Page]:
        return iter(())

    def to_return(self, raw: bytes) -> Mapping[str, Any]:
        raise AssertionError("no return begins at the shop in these tests")

    def answer_return(self, answer: ReturnAnswer, *, key: str) -> Accepted:
        self._does(f"answer {answer.number}: {answer.approved}")
        return Accepted(f"a{len(self.diary)}")

    def find_answer(self, answer: ReturnAnswer, *, key: str) -> Accepted | None:
        return None

    def push_shipment(self, notice: Any, *, key: str) -> Accepted:
        raise AssertionError("no parcel leaves in these tests")

    def find_shipment(self, notice: Any, *, key: str) -> Accepted | None:
        raise AssertionError("no parcel leaves in these tests")

    def push_tracking(self, tracking: Any) -> None:
        raise AssertionError("no parcel leaves in these tests")

    def verify(self, request: WebhookRequest) -> None:
        raise AssertionError("no webhook is received in these tests")

    def read(self, request: WebhookRequest) -> tuple[Any, ...]:
        raise AssertionError("no webhook is received in these tests")


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the full shop."""
    found = EffectTraits(lookup=True)
    return [
        Connector(
            name="full", title="Full", family=Family.STOREFRONT, factory=FullShop,
            config_schema={}, provides=CAPABILITIES["storefront"],
            webhook_topics=("order.created", "order.updated"),
            effects=dict.fromkeys((RefundOrder, CancelOrder, PushShipment, AnswerReturn), found),
        )
    ]  # fmt: skip
