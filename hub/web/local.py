"""Pages before accounts exist: for people at this machine only, and bare of any foreign content."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Page = Callable[[Request], Response]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # not `no-referrer`: with that a browser hides from us that a form came from our own page
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""A proxy on this machine speaks for somebody who may be anywhere."""

REFUSAL = (
    "These pages open only in a browser on the machine the hub runs on, under the name localhost "
    "or 127.0.0.1. From elsewhere: ssh -L {port}:127.0.0.1:{port} MACHINE, then "
    "http://localhost:{port}\n"
)


def for_this_machine(page: Page) -> Page:
    """Serve a page to this machine and nobody else, always with the headers that protect it."""

    def guarded(request: Request) -> Response:
        return protected(page(request) if is_local(request) else refusal(request))

    return guarded


def protected(answer: Response) -> Response:
    """Give an answer the headers that protect whoever reads it."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


def refusal(request: Request) -> Response:
    """Tell somebody who is elsewhere how to come here."""
    _, port = request.scope.get("server") or ("", None)
    return PlainTextResponse(REFUSAL.format(port=port or "PORT"), 403)


def is_local(request: Request) -> bool:
    """Whether peer and Host are both this machine.

    The peer alone would not do: a page elsewhere may name a host of its own that resolves to
    127.0.0.1, and so let a browser here read the answer. No browser speaks HTTP/1.0; a proxy that
    was not told to say for whom it speaks does.
    """
    if any(name in request.headers for name in FORWARDED):
        return False
    if request.scope.get("http_version") == "1.0":
        return False
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and names_loopback(request.headers.get("host", ""))


def names_loopback(host: str) -> bool:
    """Whether a Host header names this machine."""
    name = host_name(host)
    return name == "localhost" or _is_loopback(name)


def host_name(host: str) -> str:
    """Give the name in a Host header, without its port; empty when it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
