"""Names what a vendor's answer, or the lack of one, means for what happens next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from hub.sdk.errors import (
    AccountStoppedError,
    AuthError,
    ConnectorError,
    NotSentError,
    RateLimitedError,
    RedirectedError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.payload import UnreadableJsonError, clean_json
from hub.sdk.response import Response
from hub.sdk.wire import Fault

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 3600.0
"""Seconds; bounds for what a vendor asks us to wait."""

_LONGEST_READ = 4_000
"""Characters; the client shortens what is shown, after redaction."""

# For an effect only these prove that nothing was done; 409, 5xx and the rest prove nothing.
PROVEN_REFUSALS = frozenset({400, 401, 403, 404, 422, 429})
TRANSIENT_REFUSALS = frozenset({408, 425})
DETOURS = frozenset({302, 303, 307})
"""Redirections for now: a login, a maintenance page, a firewall. 301 and 308 are for good."""
MOVES = frozenset({301, 308})
STOPPED_ACCOUNT = frozenset({402, 423})
"""Payment required, locked: the vendor serves this account nothing until somebody acts there."""
TOO_LARGE = "answer_too_large"
_REASON_FIELDS = ("message", "error_description", "detail", "error", "errors", "title", "reason")


def name_fault(fault: Fault, about: str, effect: bool) -> ConnectorError:
    """Give the error for a call that brought no whole answer."""
    text = f"{about}: {fault.text}"
    if fault.kind == "address":
        return RejectedError(text, code="address_refused")
    if not fault.sent:
        return NotSentError(text)
    if effect:
        return UnknownOutcomeError(f"{text}; whether it was done is not known")
    if fault.kind == "too_large":
        return TransientError(f"{text}; ask for smaller pages", code=TOO_LARGE)
    return TransientError(text)


def name_status(response: Response) -> ConnectorError:
    """Give the error for an answer whose status was not expected."""
    status, reason = response.status, vendor_reason(response)
    text = f"{response.about} answered {status}" + (f": {reason}" if reason else "")
    if response.effect and status not in PROVEN_REFUSALS:
        return UnknownOutcomeError(
            f"{text}; whether it was done is not known", retry_after(response.headers)
        )
    if status in (401, 403):
        return AuthError(text)
    if status in STOPPED_ACCOUNT:
        return AccountStoppedError(text)
    if status in MOVES:
        return RedirectedError(text, code="redirected")
    if status == 429:
        return RateLimitedError(text, retry_after(response.headers))
    if status >= 500 or status in TRANSIENT_REFUSALS | DETOURS:
        return TransientError(text, retry_after(response.headers))
    return RejectedError(text, code="not_found" if status == 404 else _vendor_code(response))


def name_web_page(response: Response) -> ConnectorError:
    """Give the error for a success that is a page for people where JSON was asked for."""
    kind = UnknownOutcomeError if response.effect else TransientError
    return kind(
        f"{response.about} answered {response.status} with a web page instead of JSON: "
        "a login page, a maintenance page or a firewall stands before the interface"
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read how many seconds the vendor asks us to wait, kept between 1 s and 1 h."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = (until - (now or datetime.now(UTC))).total_seconds()
    if seconds != seconds:  # 'nan' is a float to Python
        return None
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def vendor_reason(response: Response) -> str:
    """Find the vendor's own sentence in an error's body; empty when there is none."""
    if 300 <= response.status < 400:
        return _redirection(response)
    document = _document(response)
    if document is not None:
        return _sentence(document)[:_LONGEST_READ]
    if response.content_type == "text/plain":
        return " ".join(response.text[:_LONGEST_READ].split())
    return ""


def _redirection(response: Response) -> str:
    try:
        host = urlsplit(response.headers.get("location", "")).hostname
    except ValueError:
        host = None
    there = f"to {host}" if host else "elsewhere"
    return f"it sends us {there}, and the hub never follows; if that is right, change the address"


def _document(response: Response) -> Any:
    try:
        return clean_json(response.body)
    except UnreadableJsonError:
        return None


def _sentence(document: Any) -> str:
    match document:
        case str():
            return " ".join(document.split())
        case list():
            return "; ".join(filter(None, map(_sentence, document[:3])))
        case dict():
            named = (_sentence(document[name]) for name in _REASON_FIELDS if name in document)
            found = next(filter(None, named), "")
            return found or "; ".join(
                f"{field}: {text}"
                for field, value in list(document.items())[:3]
                if isinstance(value, list) and (text := _sentence(value))
            )
    return ""


def _vendor_code(response: Response) -> str | None:
    document = _document(response)
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    code = document.get("code") if isinstance(document, dict) else None
    return code[:100] if isinstance(code, str) else None
