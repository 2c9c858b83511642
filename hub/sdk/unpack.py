"""Collects a response's body while counting what it becomes, so that no bomb is ever unpacked."""

import zlib
from typing import Protocol

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


class TooLargeError(Exception):
    """The body is, or would become, larger than allowed."""


class UnreadableBodyError(Exception):
    """The body is not in the encoding it claims, or ends too early."""


class Unpacker(Protocol):
    """Takes the body piece by piece."""

    def feed(self, data: bytes) -> None:
        """Take one piece; raises `TooLargeError` or `UnreadableBodyError`."""

    def finish(self) -> bytes:
        """Give the whole body; raises `UnreadableBodyError` when it is not whole."""


def unpacker(encoding: str, limit: int) -> Unpacker:
    """Choose by the Content-Encoding header; raises `UnreadableBodyError` for one never asked for.

    `limit` counts bytes after decompression.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _Plain(limit)
    if encoding in ("gzip", "x-gzip"):
        return _Gunzip(limit)
    raise UnreadableBodyError(f"it came as '{encoding[:40]}', which was not asked for")


class _Plain:
    def __init__(self, limit: int) -> None:
        self._room, self._pieces = limit, list[bytes]()

    def feed(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise TooLargeError
        self._pieces.append(data)

    def finish(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class _Gunzip:
    def __init__(self, limit: int) -> None:
        self._room, self._pieces = limit, list[bytes]()
        self._member = zlib.decompressobj(_GZIP)
        self._started = False

    def feed(self, data: bytes) -> None:
        self._started = self._started or bool(data)
        while data:
            if self._member.eof:
                if not data.startswith(_GZIP_MAGIC):
                    return  # padding after the last member
                self._member = zlib.decompressobj(_GZIP)
            try:
                # One byte more than there is room for is enough to know, and all that is unpacked.
                piece = self._member.decompress(data, self._room + 1)
            except zlib.error:
                raise UnreadableBodyError("it is not the gzip it claims to be") from None
            self._room -= len(piece)
            if self._room < 0:
                raise TooLargeError
            self._pieces.append(piece)
            data = self._member.unused_data

    def finish(self) -> bytes:
        if self._started and not self._member.eof:
            raise UnreadableBodyError("it was cut short")
        return b"".join(self._pieces)
