"""Opens sockets, and only to addresses that were checked."""

import asyncio
import ipaddress
from collections.abc import Iterable, Sequence

import httpcore

from hub.sdk.addresses import AllowedAddresses, Resolver, checked_addresses, refuse

_MOST_ADDRESSES = 4


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every answer, and connects to a checked one.

    Below the HTTP layer, so that Host and the TLS name stay those of the shop, and nothing above
    can connect by another way: the name is not asked a second time between check and use.
    """

    def __init__(self, allow: AllowedAddresses, resolve: Resolver) -> None:
        self._allow, self._resolve = allow, resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within `timeout` seconds, the name look-up included."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)
                return await self._first(addresses, port, timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no connection within {timeout} s") from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: vendors do not live in files."""
        refuse("a local socket is not a vendor")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return await checked_addresses(host, port, self._allow, self._resolve)
        except OSError as error:
            reason = error.strerror or str(error)
            raise httpcore.ConnectError(f"the name {host} was not found: {reason}") from None

    async def _first(
        self, addresses: Sequence[str], port: int, timeout: float | None
    ) -> httpcore.AsyncNetworkStream:
        tried = addresses[:_MOST_ADDRESSES]
        share = timeout / len(tried) if timeout else None
        failure: Exception = httpcore.ConnectError("no address")
        for address in tried:
            try:
                stream = await self._sockets.connect_tcp(address, port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            await check_peer(stream, address)
            return stream
        raise failure


async def check_peer(stream: httpcore.AsyncNetworkStream, address: str) -> None:
    """Hang up and raise `RejectedError` when a socket ended elsewhere than at `address`."""
    peer = stream.get_extra_info("server_addr")
    if peer and ipaddress.ip_address(peer[0]) != ipaddress.ip_address(address):
        await stream.aclose()
        refuse(f"the connection to {address} arrived at {peer[0]}")
