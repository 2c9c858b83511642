"""Talks to one shop's REST interface and names what its errors mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from hub.sdk import AuthError, RejectedError, TransientError, UnknownOutcomeError
from hub.sdk.http import HttpClient, Response
from hub.sdk.payload import UnreadableJsonError, clean_json, clean_text
from hub_woocommerce.walk import PER_PAGE

Query = Mapping[str, str | int]
API = "wp-json/wc/v3/"

_items = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Sheet:
    """One page of a list: each record's own bytes, how many there are in all, the shop's time."""

    items: tuple[bytes, ...]
    total: int | None
    now: str | None


class Shop:
    """One shop's interface; paths are below `wp-json/wc/v3/`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def index(self) -> Any:
        """Read what WordPress says of itself to anyone, in plain data."""
        return self._http.get("wp-json/").json()

    def read(self, path: str, params: Query | None = None) -> Response:
        """Read one thing."""
        return self._http.get(API + path, params=params)

    def set(self, path: str, body: Mapping[str, Any]) -> Response:
        """Bring something to a state; safe to repeat."""
        return self._http.put(API + path, json=body)

    def set_many(self, path: str, updates: Sequence[Mapping[str, Any]]) -> Response:
        """Bring up to 100 things to a state; safe to repeat. The answer has to be read per item."""
        return self._http.post(f"{API}{path}/batch", json={"update": updates})

    def create(self, path: str, body: Mapping[str, Any]) -> Response:
        """Create something: an effect, because WooCommerce knows no idempotency keys."""
        return self._http.post(API + path, json=body, effect=True)

    def sheet(self, path: str, params: Query) -> Sheet:
        """Read one page of a list."""
        answer = self.read(path, params)
        items = split(answer)
        return Sheet(items, _number(answer.headers.get("x-wp-total")), _time(answer))

    def all(self, path: str, params: Query) -> Iterator[bytes]:
        """Read a short list to its end, by id; starts again when records vanish meanwhile."""
        page, held = 1, 0
        while True:
            asked = {**params, "per_page": PER_PAGE, "orderby": "id", "order": "asc", "page": page}
            sheet = self.sheet(path, asked)
            yield from sheet.items
            total = held if sheet.total is None else sheet.total
            if page > 1 and total < held:
                page, held = 1, total
                continue
            if len(sheet.items) < PER_PAGE:
                return
            page, held = page + 1, total


def split(answer: Response) -> tuple[bytes, ...]:
    """Split a JSON list of objects into each object's own bytes, without decoding them.

    Raises `TransientError` when it is anything else: a notice of PHP, a cache, half an answer.
    """
    try:
        try:
            items = tuple(bytes(item) for item in _items.decode(answer.body))
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            items = tuple(bytes(item) for item in _items.decode(clean_text(answer.body)))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise TransientError(f"{answer.about} did not answer with a JSON list: {error}") from None
    if not all(item.startswith(b"{") for item in items):
        raise TransientError(f"{answer.about} answered with a list of something else than records")
    return items


# --- what the shop's errors mean ------------------------------------------------------------------

_ADVICE = {
    "woocommerce_rest_authentication_error": "check the key's secret and permissions "
    "(WooCommerce, Settings, Advanced, REST API), and this machine's clock",
    "woocommerce_rest_cannot_view": "the key is unknown or may not read this, "
    "or the web server drops the Authorization header",
    "woocommerce_rest_cannot_create": "the key, or its user, may not write this",
    "woocommerce_rest_cannot_edit": "the key, or its user, may not write this",
    "woocommerce_rest_cannot_batch": "the key, or its user, may not write this",
}

_FINAL_500 = frozenset(
    {
        "Invalid refund amount.",
        "The payment gateway for this order does not support automatic refunds.",
    }
)
"""Refusals that WooCommerce answers with 500. Their code alone says too little: a gateway that
broke off half-way through a refund has the same one."""


def classify(answer: Response) -> Exception | None:
    """Name what WooCommerce means where the status alone misleads."""
    if answer.status < 400:
        return None
    code, message = _said(answer)
    text = f"{answer.about} answered {answer.status}: {message} ({code})"
    if not code:
        return _not_from_woocommerce(answer)
    if answer.status in (401, 403):
        return _refused_to_us(answer, code, message, text)
    if code == "rest_no_route":
        return RejectedError(f"{text}; is WooCommerce active in this WordPress?", "no_route")
    if code.endswith("invalid_id"):
        return RejectedError(text, "not_found")
    if message in _FINAL_500:
        return RejectedError(text, code)
    if answer.status in (400, 404, 413, 422):
        return RejectedError(text, code)
    return None


def _refused_to_us(answer: Response, code: str, message: str, text: str) -> Exception:
    if "nonce" in message.lower():
        # Something between us sent the request twice: the other one may have been done.
        return (UnknownOutcomeError if answer.effect else TransientError)(text)
    advice = _ADVICE.get(code)
    return AuthError(f"{text}: {advice}" if advice else text)


def _not_from_woocommerce(answer: Response) -> Exception | None:
    if answer.status == 404:
        return RejectedError(
            f"{answer.about}: there is no REST interface at this address; check it, and in "
            "WordPress let Settings, Permalinks be anything but Plain",
            "no_interface",
        )
    if answer.status == 403:
        text = f"{answer.about} answered 403, not from WooCommerce: a firewall or host refuses us"
        return (UnknownOutcomeError if answer.effect else TransientError)(text)
    return None


def _said(answer: Response) -> tuple[str, str]:
    try:
        document = clean_json(answer.body)
    except UnreadableJsonError:
        return "", ""
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        return "", ""
    return document["code"][:100], str(document.get("message", ""))[:300]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _time(answer: Response) -> str | None:
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
