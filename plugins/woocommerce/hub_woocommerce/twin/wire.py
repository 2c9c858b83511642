"""WordPress on the wire: a call as its handlers see it, an answer as PHP would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

# Documents are kept with this address; each answer carries the address it was asked at.
BASE = "https://shop.invalid"
NAMESPACE = "wc/v3"
API = f"/wp-json/{NAMESPACE}"


class Refusal(Exception):  # noqa: N818
    """An error answer. `data` defaults to {"status": status}; some errors carry a bare number."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        data: Any = None,
        *,
        bare: bool = False,
        known: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
        self.data = data if isinstance(data, int) else {"status": status} | (data or {})
        self.bare = bare  # raised before the route was entered: no Allow header
        self.known = known  # the key was recognised, though it may not do this

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": self.data}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: query in PHP's reading, JSON body, numbers from the path."""

    method: str
    path: str
    scheme: str
    host: str
    headers: Mapping[str, str]
    query_text: str
    given: dict[str, Any]
    numbers: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    revoked: bool = False

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_text, keep_blank_values=True)

    def one(self, name: str, default: str | None = None) -> str | None:
        """Return the last value of a query parameter, as PHP does."""
        return dict(self.pairs).get(name, default)

    def many(self, name: str) -> list[str]:
        """Return `name=a,b`, `name[]=a&name[]=b` or `name[0]=a` as a list."""
        values: list[str] = []
        for key, value in self.pairs:
            if key == name:
                values = [part for part in value.split(",") if part]
            elif re.fullmatch(re.escape(name) + r"\[\d*\]", key):
                values.append(value)
        return values

    def yes(self, name: str) -> bool:
        return (self.one(name) or "").lower() in ("1", "true")

    def has(self, name: str) -> bool:
        return any(key == name or key.startswith(f"{name}[") for key, _ in self.pairs)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a handler returns; `headers` beside those every answer has."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def encode(body: Any, base: str) -> bytes:
    """Write JSON as PHP does: no spaces, slashes escaped, nothing but ASCII."""
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    return text.replace(BASE.replace("/", "\\/"), base.replace("/", "\\/")).encode("ascii")


def only_fields(body: Any, wanted: str | None) -> Any:
    """Apply `_fields=a,b.c` to an object or to each of a list."""
    if not wanted:
        return body
    if isinstance(body, list):
        return [only_fields(each, wanted) for each in body]
    kept: dict[str, Any] = {}
    for name in (part.strip() for part in wanted.split(",")):
        top, _, rest = name.partition(".")
        if isinstance(body, dict) and top in body:
            inner = body[top]
            kept[top] = (
                (kept.get(top) or {}) | only_fields(inner, rest)
                if rest and isinstance(inner, dict)
                else inner
            )
    return kept


def link_self(path: str, allow: str = "GET, POST, PUT, PATCH, DELETE") -> list[dict[str, Any]]:
    return [{"href": f"{BASE}{API}/{path}", "targetHints": {"allow": allow.split(", ")}}]


def link(path: str) -> list[dict[str, Any]]:
    return [{"href": f"{BASE}{API}/{path}"}]
