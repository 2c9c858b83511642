"""Builds the address of one request below a connection's base URL, and nowhere else."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit

from hub.sdk.addresses import DEFAULT_PORTS, Origin, normal_host
from hub.sdk.errors import RejectedError
from hub.sdk.secrets import Secret

Scalar: TypeAlias = str | int | bool | Decimal | Secret | None
Params: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]

_UNRESERVED = "-._~"
_PATH_SAFE = "/%:@!$&'()*+,;=" + _UNRESERVED


def request_url(origin: Origin, path: str, params: Params) -> str:
    """Join origin, path and parameters; raises `RejectedError` for a path that leads elsewhere.

    `path` is below the base URL, or a whole URL of the same origin, as a link to the next page is.
    A list gives its name once for every element; None leaves a parameter out.
    """
    query = _query(params)
    base = origin.path
    if "://" in path:
        base, path, query = _of_same_origin(origin, path, query)
    elif "?" in path or "#" in path:
        raise RejectedError("a path carries no query or fragment; use params", code="bad_path")
    if any(segment in (".", "..") for segment in unquote(path).replace("\\", "/").split("/")):
        raise RejectedError("a path may not climb with '..'", code="bad_path")
    below = quote(path.lstrip("/"), safe=_PATH_SAFE)
    slash = "/" if below or not base else ""
    return f"{origin}{base}{slash}{below}" + (f"?{query}" if query else "")


def _of_same_origin(origin: Origin, url: str, query: str) -> tuple[str, str, str]:
    try:
        there = urlsplit(url)
        port = there.port or DEFAULT_PORTS.get(there.scheme)
        place = (there.scheme, normal_host(there.hostname or ""), port)
    except ValueError:
        place = ("", "", None)
    if place != (origin.scheme, origin.host, origin.port) or "@" in there.netloc:
        raise RejectedError("a link leads away from the connection's own address", code="bad_path")
    return "", there.path, "&".join(filter(None, (there.query, query)))


def _query(params: Params) -> str:
    pairs = []
    for name, given in params.items():
        many = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
        pairs += [(name, _text(value)) for value in many if value is not None]
    return "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}" for name, value in pairs
    )


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.reveal() if isinstance(value, Secret) else str(value)
