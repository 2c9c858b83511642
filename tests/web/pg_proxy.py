"""A door before a PostgreSQL server that a test can shut, slam, or let nothing through."""

import contextlib
import os
import socket
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_PORT = 5432


class Door:
    """Listens where PostgreSQL clients look, and carries bytes to the server behind it."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self._behind = _address(server_url)
        self._path = str(folder / f".s.PGSQL.{_PORT}")
        self._through = threading.Event()
        self._through.set()
        self._sockets: list[socket.socket] = []
        self.url = _through_door(server_url, folder)
        self.open()

    def open(self) -> None:
        """Let clients in."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def slam(self) -> None:
        """Cut everyone off and let nobody in: the server is down."""
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()
        os.unlink(self._path)

    def hold(self) -> None:
        """Keep every byte back: the server hangs."""
        self._through.clear()

    def let_go(self) -> None:
        """Carry on where it was held."""
        self._through.set()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(*self._behind[:1])
                server.connect(self._behind[1])
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._through.wait()
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _address(url: str) -> tuple[socket.AddressFamily, object]:
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    if folder.startswith("/"):
        return socket.AF_UNIX, f"{folder}/.s.PGSQL.{parts.port or _PORT}"
    return socket.AF_INET, (parts.hostname, parts.port or _PORT)


def _through_door(url: str, folder: Path) -> str:
    parts = urlsplit(url)
    user = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
    return f"postgresql://{user}/{parts.path.lstrip('/')}?host={folder}&port={_PORT}"
