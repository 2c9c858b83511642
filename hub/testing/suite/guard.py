"""Watches for sockets and processes that a connector opens on its own, past the hub's client."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WATCHED = frozenset({
    "socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "subprocess.Popen", "os.system", "os.posix_spawn",
})  # fmt: skip
OURS = ("hub-network", "hub-resolver", "twin ", "asyncio_", "AnyIO")
"""Threads of the hub's client and of the simulated vendor."""

_lock = threading.Lock()
_watching: list[list[str]] = []
_installed = False


@contextmanager
def watched() -> Iterator[list[str]]:
    """Give a list that fills with what was opened meanwhile, other than by the hub's client."""
    _install()
    seen: list[str] = []
    with _lock:
        _watching.append(seen)
    try:
        yield seen
    finally:
        with _lock:
            _watching.remove(seen)


def _install() -> None:
    # An audit hook sees every way to a socket, also `from socket import create_connection`; it
    # cannot be removed again, so it is installed once and asleep in between.
    global _installed
    with _lock:
        if not _installed:
            _installed = True
            sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in WATCHED:
        return
    if threading.current_thread().name.startswith(OURS):
        return
    where = arguments[1] if event.startswith("socket.") and len(arguments) > 1 else arguments[:1]
    for seen in list(_watching):
        seen.append(f"{event} {where!r}")
