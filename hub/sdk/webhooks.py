"""Webhooks: the raw request, what it is about, and the one way to check a signature."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.sdk.errors import SignatureError
from hub.sdk.secrets import Secret


@dataclass(frozen=True)
class WebhookRequest:
    """A request exactly as it arrived; header names are lower-case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """One thing a webhook tells: a doorbell for one record, never the truth itself.

    `kind` is "order" or "product"; `dedupe_key` names this content, so that a repeat is recognised.
    `deleted` says the vendor removed the record.
    """

    kind: str
    external_id: str
    topic: str
    dedupe_key: str
    deleted: bool = False


def verify_hmac_sha256(body: bytes, signature: str | None, secrets: Iterable[Secret]) -> None:
    """Raise `SignatureError` unless `signature` is base64 HMAC-SHA256 of `body` by one secret.

    Compares bytes in constant time; a missing signature or another spelling of it fails. Several
    secrets serve a rotation: the current and the previous one.
    """
    if not signature:
        raise SignatureError("the signature header is missing")
    given = signature.encode("utf-8", "replace")
    matched = False
    for secret in secrets:
        digest = hmac.new(secret.reveal().encode(), body, hashlib.sha256).digest()
        # As text: base64 has several spellings of one digest, and vendors send only one.
        matched |= bool(secret) and hmac.compare_digest(base64.b64encode(digest), given)
    if not matched:
        raise SignatureError("the signature does not match")
