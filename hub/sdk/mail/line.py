"""A line to a mail server: opened to a checked address, ended by one deadline and one measure.

The socket is opened in the network thread, like every other; what is said on it is said by the
standard library in the caller's thread. Each read and write is given only the time that is left.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from hub.sdk import loop_thread
from hub.sdk.addresses import AllowedAddresses, Resolver, checked_addresses
from hub.sdk.errors import ConfigError, NotSentError
from hub.sdk.mail.server import MailLimits, MailServer, check_server

MOST_ADDRESSES = 4


class TooMuchError(OSError):
    """The server sent more than a session may bring."""


class Measure:
    """What is left of a session: time by the monotonic clock, bytes to receive."""

    def __init__(self, limits: MailLimits) -> None:
        self._end = time.monotonic() + limits.total
        self._total, self._bytes = limits.total, limits.received

    def left(self) -> float:
        """Give the seconds left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not done within {self._total:g} s")
        return left

    def take(self, received: int) -> int:
        """Count bytes that came; raises `TooMuchError`."""
        self._bytes -= received
        if self._bytes < 0:
            raise TooMuchError("it sends more than a session may bring")
        return received


class PlainLine(socket.socket):
    """A connected socket under a measure."""

    measure: Measure

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self.measure.left())
        return self.measure.take(super().recv_into(*args, **kwargs))

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send within what is left."""
        self.settimeout(self.measure.left())
        super().sendall(*args, **kwargs)


class SecretLine(ssl.SSLSocket):
    """The same, encrypted."""

    measure: Measure

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self.measure.left())
        return self.measure.take(super().recv_into(*args, **kwargs))

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send within what is left; `sendall` is made of these."""
        self.settimeout(self.measure.left())
        return super().send(*args, **kwargs)


def open_line(
    server: MailServer, limits: MailLimits, allow: AllowedAddresses, resolve: Resolver,
    context: ssl.SSLContext, measure: Measure,
) -> PlainLine | SecretLine:  # fmt: skip
    """Connect to a checked address; encrypted at once where the server's security is `tls`.

    Raises `NotSentError` when nobody is there, `RejectedError` for an address that may not be
    called.
    """
    host = check_server(server, allow)
    about = f"{host}:{server.port}"
    try:
        found = _connect(host, server.port, limits, allow, resolve)
        raw = loop_thread.call(found, limits.connect)
    except TimeoutError:
        raise NotSentError(f"{about}: no connection within {limits.connect:g} s") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotSentError(f"{about}: no connection: {reason}") from None
    line = PlainLine(fileno=raw.detach())
    line.measure = measure
    return encrypt(line, host, context) if server.security == "tls" else line


def encrypt(line: PlainLine, host: str, context: ssl.SSLContext) -> SecretLine:
    """Go on encrypted; raises `NotSentError` when its certificate is not trusted."""
    measure = line.measure
    line.settimeout(measure.left())
    try:
        secret = context.wrap_socket(line, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        line.close()
        told = f"its certificate is not trusted ({error.verify_message})"
        raise NotSentError(f"{host}: {told}; HUB_CA_FILE names a private authority") from None
    except OSError as error:
        line.close()
        raise NotSentError(f"{host}: no encryption: {error.strerror or error}") from None
    assert isinstance(secret, SecretLine)
    secret.measure = measure
    return secret


async def _connect(
    host: str, port: int, limits: MailLimits, allow: AllowedAddresses, resolve: Resolver
) -> socket.socket:
    async with asyncio.timeout(limits.connect):
        addresses = await checked_addresses(host, port, allow, resolve)
        return await _first(addresses[:MOST_ADDRESSES], port, limits.connect)


async def _first(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        raw = socket.socket(family, socket.SOCK_STREAM)
        raw.setblocking(False)
        try:
            async with asyncio.timeout(timeout / len(addresses)):
                await asyncio.get_running_loop().sock_connect(raw, (address, port))
        except OSError as error:
            raw.close()
            failure = error
            continue
        except BaseException:
            raw.close()
            raise
        return raw
    raise failure


@lru_cache(maxsize=16)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Give the rules of encryption: certificate checks stay on, a private CA is trusted beside."""
    context = ssl.create_default_context()
    context.sslsocket_class = SecretLine
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"the certificate authority file {ca_file}: {error}") from None
    return context
