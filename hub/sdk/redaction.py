"""What must not be read in a log, an error or an exchange is taken out here."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from hub.sdk.secrets import MASK, Secret

# The value of a query parameter is shown only when its name is known to be harmless: a list of
# secret names would be one short on the day a vendor invents another, and a search names people.
# fmt: off
SHOWN_PARAMETERS = frozenset({
    "page", "per_page", "limit", "offset", "cursor", "after", "before", "since_id",
    "starting_after", "ending_before", "order", "orderby", "sort", "status", "state", "type",
    "fields", "_fields", "include", "exclude", "ids", "modified_after", "modified_before",
    "created_after", "created_before", "updated_at_min", "updated_at_max", "created_at_min",
    "created_at_max", "dates_are_gmt", "force", "context", "dp", "parent", "product", "sku",
    "rest_route", "api_version", "expand",
})
# fmt: on

_SECRET_NAMES = (
    r"consumer_key|consumer_secret|oauth_\w+|\w*token|\w*secret|\w*password|passwd|pwd|api_?key"
    r"|apikey|access_key|private_key|signature|sig|hmac|authorization|credential"
)

_SHORT_SECRET = 4
"""Values shorter than this are not searched for: masking every 'a' would hide the message."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)(?<=://)[^/\s@\"']+@"), f"{MASK}@"),
    (re.compile(r"(?i)\b(bearer|basic|oauth|shippotoken)\s+[\w+/=.~:\"-]{6,}"), rf"\1 {MASK}"),
    (re.compile(rf"(?i)(?<=[?&])({_SECRET_NAMES})=[^&\s\"']+"), rf"\1={MASK}"),
    (re.compile(r"(?i)\b((?:consumer|client)_(?:key|secret)|oauth_\w+)=[^&\s\"']+"), rf"\1={MASK}"),
    (re.compile(rf"(?i)(\"(?:{_SECRET_NAMES})\"\s*:\s*)\"(?:[^\"\\]|\\.)*\""), rf'\1"{MASK}"'),
    (re.compile(r"\b(?:ck|cs)_[0-9a-zA-Z]{16,}"), MASK),
    (re.compile(r"\b(?:shp(?:at|ss|ca|pa)|sk_live|sk_test|rk_live|rk_test|whsec)_\w+"), MASK),
    (re.compile(r"\bEZ[AT]K\w{16,}"), MASK),
    # The look-behind keeps it linear: a run of letters is tried once, from its start.
    (re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), MASK),
    (re.compile(r"\+\d[\d ().-]{6,}\d"), MASK),
)


def redact(text: str) -> str:
    """Mask what looks like a credential, a mail address or a telephone number."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_query(query: str) -> str:
    """Keep the names of a query's parameters, and the values of the harmless ones only."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(
        f"{redact(name)}={redact(value) if _shown(name) else MASK}" for name, value in pairs
    )


def redact_url(url: str) -> str:
    """Give a URL without its userinfo and without the values of its query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = f"?{redact_query(parts.query)}" if parts.query else ""
    start = f"{parts.scheme}://{host}" if host else ""
    return f"{start}{redact(parts.path)}{query}"


class Redactor:
    """Redaction that also knows this connection's own credentials, in each of their spellings."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        values = {spelling for secret in secrets for spelling in _spellings(secret.reveal())}
        longest_first = sorted(values, key=lambda value: (-len(value), value))
        self._known = (
            re.compile("|".join(re.escape(value) for value in longest_first)) if values else None
        )

    def __call__(self, text: str) -> str:
        """Mask known credentials first, then whatever looks like one."""
        return redact(self._known.sub(MASK, text) if self._known else text)

    def url(self, url: str) -> str:
        """Give a URL that may be shown."""
        return self._known.sub(MASK, redact_url(url)) if self._known else redact_url(url)

    def __repr__(self) -> str:
        return "Redactor()"


def _shown(name: str) -> bool:
    return re.sub(r"\[\d*\]$", "", name) in SHOWN_PARAMETERS


def _spellings(value: str) -> Iterable[str]:
    if len(value) < _SHORT_SECRET:
        return ()
    encoded = base64.b64encode(value.encode()).decode()
    return (
        value, quote(value, safe=""), quote_plus(value), value.replace("/", "\\/"), encoded,
    )  # fmt: skip
