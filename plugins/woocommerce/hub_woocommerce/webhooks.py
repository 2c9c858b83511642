"""WooCommerce's webhooks: who may ring, and for which record. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import msgspec

from hub.sdk import (
    Delivery,
    MappingError,
    Secret,
    SignatureError,
    WebhookRequest,
    verify_hmac_sha256,
)

TOPICS = tuple(
    f"{resource}.{event}"
    for resource in ("order", "product")
    for event in ("created", "updated", "deleted", "restored")
)

_PING = re.compile(rb"webhook_id=\d{1,20}")
_SPECIAL = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#039;", "'"), ("&amp;", "&"))
_FORM = "application/x-www-form-urlencoded"


class _Body(msgspec.Struct):
    id: int


def verify(request: WebhookRequest, secrets: Iterable[Secret], shop_url: str) -> None:
    """Raise `SignatureError` unless the shop signed these bytes.

    The ping of a new webhook is never signed; it is let through in its exact form, because `read`
    makes nothing of it.
    """
    if _is_ping(request):
        return
    signature = request.headers.get("x-wc-webhook-signature")
    verify_hmac_sha256(request.body, signature, _as_the_shop_reads(secrets))
    # Two shops may have been given the same secret. The scheme and port follow whichever request
    # made the shop deliver, so only the name counts.
    source = request.headers.get("x-wc-webhook-source", "")
    if not source or _host(source) != _host(shop_url):
        raise SignatureError("the webhook comes from another shop")


def _as_the_shop_reads(secrets: Iterable[Secret]) -> Iterator[Secret]:
    """The shop undoes the escaping of a form before it signs, also where there was no form."""
    for secret in secrets:
        yield secret
        text = secret.reveal()
        for name, character in _SPECIAL:
            text = text.replace(name, character)
        if text != secret.reveal():
            yield Secret(text)


def read(request: WebhookRequest) -> tuple[Delivery, ...]:
    """Say which order or product was meant; nothing for a ping or a topic the hub has no use for.

    Raises `MappingError` for a body without a record's id.
    """
    topic = request.headers.get("x-wc-webhook-topic", "")
    if _is_ping(request) or topic not in TOPICS:
        return ()
    kind, _, event = topic.partition(".")
    try:
        record = msgspec.json.decode(request.body, type=_Body, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MappingError("webhook", topic, f"its body names no record ({error})") from None
    # The vendor's delivery id is shared by all deliveries of one second; the content is not.
    content = hashlib.sha256(request.body).hexdigest()
    return (
        Delivery(
            kind=kind,
            external_id=str(record.id),
            topic=topic,
            dedupe_key=f"{topic}:{record.id}:{content}",
            deleted=event == "deleted",
        ),
    )


def _is_ping(request: WebhookRequest) -> bool:
    """Only this form, and nothing that claims more: it is the one request nobody signed."""
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    claims = any(name.lower().startswith("x-wc-webhook-") for name in request.headers)
    return form and not claims and _PING.fullmatch(request.body) is not None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return ""
