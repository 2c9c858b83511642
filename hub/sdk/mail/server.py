"""A mail server as a connection names it, and how long and how much it may keep us busy."""

import ipaddress
from dataclasses import dataclass
from typing import Literal

from hub.sdk.addresses import AllowedAddresses, is_public, normal_host, refuse
from hub.sdk.secrets import Secret

Security = Literal["tls", "starttls", "none"]
PORTS = frozenset({143, 465, 587, 993})
"""The ports of IMAP and of submission; 25 is for servers among themselves."""


@dataclass(frozen=True, kw_only=True)
class MailLimits:
    """Seconds and bytes of one session, from the name look-up to the farewell."""

    connect: float = 10.0
    total: float = 60.0
    """Whatever arrives meanwhile: a server that drips does not keep us longer."""
    received: int = 32 * 1024 * 1024
    sent: int = 25 * 1024 * 1024
    """Of one message; what no server would take is not begun."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where to connect, how it is encrypted, and as whom."""

    host: str
    port: int
    security: Security = "tls"
    """`tls` from the first byte, `starttls` before anything is told, `none` on allowed hosts."""
    user: str
    password: Secret


def check_server(server: MailServer, allow: AllowedAddresses) -> str:
    """Give a server's host in its one spelling; raises `RejectedError` when it may not be called.

    By rule: a public host, an usual port, encrypted. Others only when named exactly.
    """
    host = normal_host(server.host)
    exception = (host, server.port)
    if allow.names(host, server.port):
        return host
    if server.security == "none":
        refuse("mail without encryption", exception)
    if server.port not in PORTS:
        refuse(f"port {server.port} is not a port of mail", exception)
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return host  # its addresses are checked when it is called
    if not is_public(literal):
        refuse(f"{literal} is not a public address", exception)
    return host
