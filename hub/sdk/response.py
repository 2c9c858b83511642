"""A vendor's answer as a connector sees it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import msgspec

from hub.sdk.errors import MappingError, TransientError, UnknownOutcomeError
from hub.sdk.payload import UnreadableJsonError, clean_json, clean_text

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """Header names in any case; never printed, because some carry cookies and tokens."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name.lower(): value for name, value in (values or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `body` is the bytes as they came, decompressed; `elapsed` is in seconds."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)
    elapsed: float = 0.0
    effect: bool = False
    """The request could change something at the vendor: an unreadable answer proves nothing."""
    about: str = "the vendor"
    """Who was asked what, for error texts."""

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 becomes U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Decode by `clean_json`; raises `TransientError`, for an effect `UnknownOutcomeError`."""
        try:
            return clean_json(self.body)
        except UnreadableJsonError as error:
            self._unreadable(str(error))

    def decode(self, shape: type[T]) -> T:
        """Decode strictly into `shape` (a msgspec struct, a TypedDict, …).

        Raises as `json` does; a body that is JSON of another shape raises `MappingError`, for an
        effect `UnknownOutcomeError`.
        """
        try:
            return msgspec.json.decode(clean_text(self.body), type=shape)
        except msgspec.ValidationError as error:
            if self.effect:
                self._unreadable(str(error))
            raise MappingError(self.about, "", f"its shape is not the known one: {error}") from None
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            self._unreadable(str(error))

    def _unreadable(self, why: str) -> NoReturn:
        kind = UnknownOutcomeError if self.effect else TransientError
        raise kind(f"{self.about} answered {self.status} with JSON that cannot be read: {why}")
