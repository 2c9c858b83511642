"""Which addresses the hub may call: public ones by rule, others only when named exactly."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias
from urllib.parse import SplitResult, urlsplit

import idna

from hub.sdk.errors import ConfigError, RejectedError

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → addresses as text; raises OSError when there are none."""

DEFAULT_PORTS = {"https": 443, "http": 80}

# IANA special-purpose registries, written out: `ipaddress.is_global` of Python 3.11 says yes to
# multicast, to 192.0.0.8 and to loopback wrapped in 6to4 or NAT64, and 3.12 and 3.13 differ again.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
    )
)
# Only 2000::/3 is global unicast: mapped IPv4, NAT64, loopback, link-local, unique-local and
# multicast all lie outside. Inside it these wrap an IPv4 address or are kept for protocols.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True)
class AllowedAddresses:
    """The exceptions an administrator made: exact host and port, with http or https."""

    entries: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "AllowedAddresses":
        """Read entries such as `127.0.0.1:8123`, `shop.internal:443` or `[::1]:80`.

        Raises `ConfigError` for one that does not name both a host and a port.
        """
        return cls(frozenset(_entry(text.strip()) for text in texts))

    def names(self, host: str, port: int) -> bool:
        """Tell whether exactly this host and port were allowed."""
        return (host, port) in self.entries


PUBLIC_ONLY = AllowedAddresses()


@dataclass(frozen=True)
class Origin:
    """Where a connection's vendor lives, in one normal spelling; `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def check_url(url: str, allow: AllowedAddresses = PUBLIC_ONLY) -> Origin:
    """Read a base URL and say where it leads; raises `RejectedError` when it may not be called.

    Judges all that can be judged without asking the name service; `checked_addresses` does the rest
    at the moment of connecting.
    """
    parts = _split(url)
    host = normal_host(parts.hostname or "")
    port = _port(parts)
    if not allow.names(host, port):
        _check_by_rule(parts.scheme, host, port)
    elif parts.scheme not in DEFAULT_PORTS:
        refuse(f"'{parts.scheme}' is not a web address; write https://…")
    return Origin(parts.scheme, host, port, parts.path.rstrip("/"))


def normal_host(host: str) -> str:
    """Give a host's one spelling: lower-case, IDNA, no final dot; raises `RejectedError`."""
    if ":" in host:
        return str(_literal(host))
    host = host.lower().removesuffix(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, std3_rules=True).decode()
        except (idna.IDNAError, UnicodeError):
            refuse("its host is not a domain name")
    labels = host.split(".")
    if _NUMBER_LIKE.fullmatch(labels[-1]):
        return str(_literal(host))
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        refuse("its host is not a domain name")
    return host


def is_public(address: IpAddress) -> bool:
    """Tell whether an address belongs to the open internet and wraps no other address."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return (
        address.scope_id is None
        and address in _OPEN_V6
        and not any(address in network for network in _CLOSED_V6)
    )


def is_loopback(host: str) -> bool:
    """Tell whether a normal host is this machine itself, by name or by address."""
    address = _literal_or_none(host)
    return host == "localhost" if address is None else address.is_loopback


async def checked_addresses(
    host: str, port: int, allow: AllowedAddresses, resolve: Resolver
) -> list[str]:
    """Ask the name service once and give its addresses, if every one of them may be called.

    Raises `RejectedError` when one may not, OSError when the name is not known.
    """
    answers = [_literal(answer) for answer in dict.fromkeys(await resolve(host, port))]
    if not answers:
        raise OSError("the name has no address")
    closed = [address for address in answers if not is_public(address)]
    if closed and not allow.names(host, port):
        refuse(f"{host} leads to {closed[0]}, which is not public", exception_for=(host, port))
    return [str(address) for address in answers]


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def refuse(why: str, exception_for: tuple[str, int] | None = None) -> NoReturn:
    """Raise the `RejectedError` that says why an address is not called and what can be done."""
    cure = ""
    if exception_for:
        host, port = exception_for
        entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        cure = f"; if it is meant, an administrator sets HUB_ALLOW_HOSTS={entry}"
    raise RejectedError(f"address refused: {why}{cure}", code="address_refused")


def _split(url: str) -> SplitResult:
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in url) or "\\" in url:
        refuse("it contains a space, a control character or a backslash")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        refuse("it cannot be read as a web address")
    if not parts.scheme or not host:
        refuse("it names no host; write https://shop.example")
    if "@" in parts.netloc:
        refuse("it carries a user name or password; those belong in fields of their own")
    if "[" in parts.netloc and ":" not in host:
        refuse("what stands in its brackets is not an IPv6 address")
    if "%" in parts.netloc:
        refuse("its host contains a percent sign")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        refuse("it carries a query or a fragment; give the address of the shop alone")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        refuse("its port is not a number between 1 and 65535")
    return DEFAULT_PORTS.get(parts.scheme, 0) if port is None else port


def _check_by_rule(scheme: str, host: str, port: int) -> None:
    exception = (host, port)
    if scheme != "https":
        refuse(f"'{scheme}' is not encrypted; write https://…", exception if port else None)
    if port != DEFAULT_PORTS["https"]:
        refuse(f"port {port} is not the port of https", exception)
    literal = _literal_or_none(host)
    if literal and not is_public(literal):
        refuse(f"{literal} is not a public address", exception)


def _literal(text: str) -> IpAddress:
    # Resolvers read 127.1, 0x7f000001 and 0177.0.0.1 as loopback; here there is one spelling.
    address = _literal_or_none(text)
    if address is None:
        refuse(f"'{text}' is not the usual spelling of an IP address")
    return address


def _literal_or_none(text: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _entry(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path or "@" in text:
        raise ConfigError(f"allowed address {text!r}: write host:port, for example 127.0.0.1:8123")
    return normal_host(host), port
