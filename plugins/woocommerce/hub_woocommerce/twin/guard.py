"""WordPress's guard of outgoing requests: no private hosts, on the shop's own host few ports."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from hub.testing.twins import TwinState

PORTS = (80, 443, 8080)


def blocks(state: TwinState, url: str) -> bool:
    """Tell whether the shop would refuse to send there; the recorded shop had the guard opened."""
    if state.options.get("guard", "0") in ("", "0"):
        return False
    there, here = urlsplit(url), urlsplit(state.url)
    if there.hostname == here.hostname and there.hostname:
        return there.port not in (None, here.port, *PORTS)
    return _private(there.hostname or "")


def _private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_private or address.is_loopback
