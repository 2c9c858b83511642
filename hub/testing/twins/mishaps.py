"""What a fault makes of a request: the answer instead of the vendor's, or the vendor's, spoiled."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hub.testing.twins.faults import Fault
from hub.testing.twins.wire import Headers, Reply

LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>"
)
JSON = (b"content-type", b"application/json")
MEGABYTE = 1_000_000


def instead(fault: Fault) -> Reply:
    """Return the answer of something in front of the vendor: the work was not done."""
    return INSTEAD[fault.kind](fault)


def spoiled(reply: Reply, fault: Fault) -> Reply:
    """Return what becomes of the vendor's answer: the work was done."""
    return SPOILED[fault.kind](reply, fault)


# -- instead of the vendor's answer ------------------------------------------------------------


def _error(status: int, text: str) -> Callable[[Fault], Reply]:
    return lambda fault: _reply(fault.status or status, _body(fault, text))


def _rate_limit(fault: Fault) -> Reply:
    wait = fault.retry_after
    told = f"{wait:g}" if isinstance(wait, int | float) else wait
    extra = () if told is None else ((b"retry-after", told.encode("latin-1")),)
    return _reply(fault.status or 429, _body(fault, "Too many requests"), extra=extra)


def _redirect(fault: Fault) -> Reply:
    location = (b"location", fault.location.encode("latin-1"))
    return _reply(fault.status or 302, b"", extra=(location,))


def _gzip_bomb(fault: Fault) -> Reply:
    body = _bomb(fault.size)
    length = (b"content-length", str(len(body)).encode())
    return Reply(status=200, headers=(JSON, (b"content-encoding", b"gzip"), length), body=body)


@lru_cache(maxsize=2)
def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    blank = b" " * MEGABYTE
    pieces = [packer.compress(blank) for _ in range(size // MEGABYTE)]
    return b"".join([*pieces, packer.compress(blank[: size % MEGABYTE]), packer.flush()])


def _page(fault: Fault) -> Reply:
    return _reply(fault.status or 200, LOGIN_PAGE, "text/html; charset=UTF-8")


def _reset(_fault: Fault) -> Reply:
    return Reply(status=0, sending="reset")


def _endless(_fault: Fault) -> Reply:
    return Reply(status=200, headers=(JSON,), body=b" " * 16_384, sending="endless")


INSTEAD: Mapping[str, Callable[[Fault], Reply]] = {
    "refuse": _error(403, "Forbidden"),
    "rate_limit": _rate_limit,
    "error_before": _error(500, "Service unavailable"),
    "down": _error(503, "Service unavailable"),
    "degraded_list": _error(503, "Service unavailable"),
    "reset": _reset,
    "html": _page,
    "redirect": _redirect,
    "gzip_bomb": _gzip_bomb,
    "endless": _endless,
    "late_apply": _error(504, "Gateway timeout"),
}


# -- of the vendor's answer --------------------------------------------------------------------


def _malformed(reply: Reply, _fault: Fault) -> Reply:
    return _with_body(reply, reply.body[: max(1, len(reply.body) * 2 // 3)])


def _drift(reply: Reply, fault: Fault) -> Reply:
    try:
        document = json.loads(reply.body)
    except ValueError:  # a PDF or a page: nothing to rename in it
        return reply
    renamed = fault.renamed or f"{fault.field}_v2"
    return _with_body(reply, json.dumps(_renamed(document, fault.field, renamed)).encode())


def _renamed(node: Any, field: str, renamed: str) -> Any:
    if isinstance(node, list):
        return [_renamed(one, field, renamed) for one in node]
    if isinstance(node, dict):
        return {
            renamed if name == field else name: _renamed(one, field, renamed)
            for name, one in node.items()
        }
    return node


SPOILED: Mapping[str, Callable[[Reply, Fault], Reply]] = {
    "error_after": lambda _, fault: _error(500, "Internal server error")(fault),
    "timeout_after": lambda reply, fault: replace(reply, sending="silence", seconds=fault.seconds),
    "truncated": lambda reply, _: replace(reply, sending="half"),
    "malformed": _malformed,
    "slow": lambda reply, fault: replace(reply, sending="drip", seconds=fault.seconds),
    "drift": _drift,
}


def _body(fault: Fault, default: str) -> bytes:
    return (fault.body if fault.body is not None else default).encode()


def _reply(
    status: int, body: bytes, content_type: str = "text/plain; charset=UTF-8", extra: Headers = ()
) -> Reply:
    kind = (b"content-type", content_type.encode())
    size = (b"content-length", str(len(body)).encode())
    return Reply(status=status, headers=(kind, size, *extra), body=body)


def _with_body(reply: Reply, body: bytes) -> Reply:
    others = tuple(pair for pair in reply.headers if pair[0].lower() != b"content-length")
    length = (b"content-length", str(len(body)).encode())
    return replace(reply, body=body, headers=(*others, length))
