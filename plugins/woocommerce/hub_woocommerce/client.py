"""Talks to one shop's REST interface."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec

from hub.sdk import (
    MappingError,
    NotSentError,
    RejectedError,
    TransientError,
)
from hub.sdk.http import HttpClient, Response
from hub.sdk.payload import clean_text
from hub_woocommerce.pace import Pace

Query = Mapping[str, str | int]
API = "wp-json/wc/v3/"

T = TypeVar("T")
_items = msgspec.json.Decoder(list[msgspec.Raw])
_record = msgspec.json.Decoder(dict[str, msgspec.Raw])


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
        self.pace = Pace()

    def index(self) -> Any:
        """Read what WordPress says of itself to anyone, in plain data."""
        return self._http.get("wp-json/").json()

    def read(self, path: str, params: Query | None = None) -> Response:
        """Read one thing."""
        return self._http.get(API + path, params=params)

    def record(self, path: str, params: Query | None = None) -> bytes:
        """Read one record's own bytes; raises `TransientError` for what is no whole record."""
        return _whole(self.read(path, params)).body

    def set(self, path: str, body: Mapping[str, Any], params: Query | None = None) -> Response:
        """Bring something to a state; safe to repeat, also when half an answer came back."""
        return _whole(self._http.put(API + path, json=body, params=params))

    def change(self, path: str, body: Mapping[str, Any], params: Query | None = None) -> Response:
        """Change something once and for all: an effect."""
        return self._http.put(API + path, json=body, params=params, effect=True)

    def remove(self, path: str) -> None:
        """Remove something for good; without `force` WooCommerce refuses, or only bins it."""
        self._http.delete(API + path, params={"force": "true", "_fields": "id"}).json()

    def set_many(self, path: str, updates: Sequence[Mapping[str, Any]]) -> Response:
        """Bring up to 100 things to a state; safe to repeat. The answer has to be read per item."""
        return _whole(self._http.post(f"{API}{path}/batch", json={"update": updates}))

    def create(self, path: str, body: Mapping[str, Any], params: Query | None = None) -> Response:
        """Create something: an effect, because WooCommerce knows no idempotency keys."""
        return self._http.post(API + path, json=body, params=params, effect=True)

    def sheet(self, path: str, params: Query) -> Sheet:
        """Read one page of a list; how long it took decides how much is asked for next."""
        try:
            answer = self.read(path, params)
        except (TransientError, RejectedError) as error:
            if self.pace.failed(error) and isinstance(error, RejectedError):
                raise TransientError(error.reason) from None  # a smaller page will come through
            raise
        items = split(answer)
        self.pace.took(answer.elapsed, len(items))
        return Sheet(items, _number(answer.headers.get("x-wp-total")), _time(answer))

    def all(self, path: str, params: Query) -> Iterator[bytes]:
        """Read a short list to its end, as `sheets` does."""
        for items in self.sheets(path, params):
            yield from items

    def sheets(self, path: str, params: Query) -> Iterator[tuple[bytes, ...]]:
        """Read a list page by page, by id; starts again when records vanish meanwhile."""
        page, held, size = 1, 0, self.pace.size
        while True:
            asked = {**params, "per_page": size, "orderby": "id", "order": "asc", "page": page}
            sheet = self.sheet(path, asked)
            yield sheet.items
            total = held if sheet.total is None else sheet.total
            if page > 1 and total < held:
                page, held = 1, total
                continue
            if len(sheet.items) < size or page * size >= total > 0:
                return  # a page past the end would say that there are none at all
            page, held = page + 1, total


@contextmanager
def nothing_sent_yet() -> Iterator[None]:
    """Read what an effect needs to know: whatever goes wrong here, the effect was not sent."""
    try:
        yield
    except NotSentError:
        raise
    except TransientError as error:
        raise NotSentError(error.reason, error.retry_after) from None
    except MappingError as error:
        raise RejectedError(f"the shop's answer is not understood: {error.reason}") from None


def _whole(answer: Response) -> Response:
    _decoded(_record, answer, "a JSON object")
    return answer


def _decoded(decoder: msgspec.json.Decoder[T], answer: Response, what: str) -> T:
    try:
        try:
            return decoder.decode(answer.body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decoder.decode(clean_text(answer.body))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise TransientError(f"{answer.about} did not answer with {what}: {error}") from None


def split(answer: Response) -> tuple[bytes, ...]:
    """Split a JSON list of objects into each object's own bytes, without decoding them.

    Raises `TransientError` when it is anything else: a notice of PHP, a cache, half an answer.
    """
    items = tuple(bytes(item) for item in _decoded(_items, answer, "a JSON list"))
    if not all(item.startswith(b"{") for item in items):
        raise TransientError(f"{answer.about} answered with a list of something else than records")
    return items


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _time(answer: Response) -> str | None:
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
