"""The shop's webhooks: who may ring, and for which record. Pure."""

import hashlib
from collections.abc import Iterable

from msgspec import MsgspecError, Struct, json

from hub.sdk import Delivery, MappingError, Secret, WebhookRequest, verify_hmac_sha256

TOPIC, SIGNATURE = "x-acme-topic", "x-acme-signature"
TOPICS = ("order.created", "order.updated", "product.updated", "product.deleted")


class Body(Struct):
    """What every webhook carries: the id of the record it is about."""

    id: str


def verify(request: WebhookRequest, secrets: Iterable[Secret]) -> None:
    """Raise `SignatureError` unless the signature over the raw bytes is right."""
    verify_hmac_sha256(request.body, request.headers.get(SIGNATURE), secrets)


def read(request: WebhookRequest) -> tuple[Delivery, ...]:
    """Say which record is meant; nothing for a topic the hub has no use for."""
    topic = request.headers.get(TOPIC, "")
    if topic not in TOPICS:
        return ()
    kind, _, event = topic.partition(".")
    try:
        record = json.decode(request.body, type=Body)
    except (MsgspecError, UnicodeDecodeError) as error:
        raise MappingError("webhook", topic, f"it names no record ({error})") from None
    content = hashlib.sha256(request.body).hexdigest()
    return (
        Delivery(
            kind=kind,
            external_id=record.id,
            topic=topic,
            dedupe_key=f"{topic}:{record.id}:{content}",
            deleted=event == "deleted",
        ),
    )
