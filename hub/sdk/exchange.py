"""The record of one call to a vendor: enough to explain it, nothing that must stay secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hub.sdk.errors import (
    AuthError,
    ConnectorError,
    MappingError,
    NotSentError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
)

Outcome = Literal[
    "ok", "refused", "auth", "rate_limited", "transient", "not_sent", "unknown", "unmapped"
]

# Read from the top: the narrower error stands before the one it derives from.
_OUTCOMES: tuple[tuple[type[ConnectorError], Outcome], ...] = (
    (NotSentError, "not_sent"),
    (UnknownOutcomeError, "unknown"),
    (AuthError, "auth"),
    (RateLimitedError, "rate_limited"),
    (RejectedError, "refused"),
    (MappingError, "unmapped"),
)

_VERSION_HEADERS = ("x-shopify-api-version", "stripe-version", "x-api-version", "api-version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One finished call, already redacted; times in milliseconds, sizes in bytes."""

    connection: str
    method: str
    host: str
    path: str
    """With its query, where only the values of paging and filtering parameters are shown."""
    effect: bool
    status: int | None
    """None when no answer arrived."""
    outcome: Outcome
    reason: str
    """Empty when all went well."""
    elapsed_ms: float
    api_version: str | None
    request_bytes: int
    response_bytes: int
    """Of the body, as the connector sees it: after decompression."""


def outcome_of(failure: Exception | None) -> Outcome:
    """Name what became of a call from the error it is about to raise."""
    if failure is None:
        return "ok"
    return next((name for kind, name in _OUTCOMES if isinstance(failure, kind)), "transient")


def api_version_in(headers: Mapping[str, str]) -> str | None:
    """Find the version of its interface that the vendor says it answered with."""
    return next((headers[name] for name in _VERSION_HEADERS if name in headers), None)
