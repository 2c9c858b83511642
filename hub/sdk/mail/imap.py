"""Reading a mailbox by IMAP, one bounded session at a time; nothing in it is changed."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.sdk.errors import AuthError, RejectedError, TransientError
from hub.sdk.mail.line import PlainLine, SecretLine, encrypt, tls_context
from hub.sdk.mail.server import MailServer

if TYPE_CHECKING:
    from hub.sdk.mail.road import MailRoad

_UID = re.compile(rb"UID (\d+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([ \d]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"')
_SIZE = re.compile(rb"UID (\d+).*RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*UID (\d+)")
_BUSY = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
"""Response codes of RFC 5530 that say nothing against the password."""


@dataclass(frozen=True)
class Folder:
    """A folder as it was opened: when `uid_validity` changes, its UIDs mean other messages."""

    uid_validity: int
    uid_next: int | None
    """The UID the next message will get, where the server says."""


class _Imap(imaplib.IMAP4):
    """The standard library's protocol over a line that was opened elsewhere."""

    def __init__(self, line: PlainLine | SecretLine) -> None:
        self._line = line
        super().__init__("")

    def _create_socket(self, timeout: float | None) -> Any:
        return self._line


class ImapSession:
    """A mailbox, logged in; valid inside `ImapClient.session` only."""

    def __init__(self, imap: imaplib.IMAP4) -> None:
        self._imap = imap

    def examine(self, folder: str) -> Folder:
        """Open a folder for reading; raises `RejectedError` with code "not_found"."""
        status, told = self._imap.select(quoted(folder), readonly=True)
        if status != "OK":
            raise RejectedError(f"the folder {folder} cannot be opened: {_text(told)}", "not_found")
        validity = self._number("UIDVALIDITY")
        if validity is None:
            raise TransientError(f"the server names no UIDVALIDITY of {folder}")
        return Folder(validity, self._number("UIDNEXT"))

    def _number(self, name: str) -> int | None:
        _, values = self._imap.response(name)
        found = [value for value in values if isinstance(value, bytes) and value.isdigit()]
        return int(found[-1]) if found else None

    def search(self, *criteria: str) -> list[int]:
        """Give the UIDs that meet IMAP criteria, lowest first; texts must be `quoted`."""
        status, told = self._imap.uid("SEARCH", *criteria)
        if status != "OK":
            raise TransientError(f"the mailbox cannot be searched: {_text(told)}")
        numbers = b" ".join(part for part in told if isinstance(part, bytes)).split()
        return sorted({int(number) for number in numbers if number.isdigit()})

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Give the size of messages in bytes; one that is gone meanwhile is left out."""
        told = self._fetch(uids, "(UID RFC822.SIZE)")
        found = {}
        for part in told:
            line = part[0] if isinstance(part, tuple) else part
            if isinstance(line, bytes) and (match := _SIZE.search(line)):
                uid, size = (match[1], match[2]) if match[1] else (match[4], match[3])
                found[int(uid)] = int(size)
        return found

    def arrivals(self, uids: Sequence[int]) -> dict[int, datetime]:
        """Give when messages arrived, by the server's clock."""
        told = self._fetch(uids, "(UID INTERNALDATE)")
        found = {}
        for line in (part[0] if isinstance(part, tuple) else part for part in told):
            if not isinstance(line, bytes):
                continue
            uid, when = _UID.search(line), _ARRIVED.search(line)
            if uid and when:
                text = when[1].decode().strip()
                found[int(uid[1])] = datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z")
        return found

    def read(self, uid: int, most: int) -> bytes | None:
        """Give the first `most` bytes of a message, unseen as before; None when it is gone."""
        told = self._fetch([uid], f"(UID BODY.PEEK[]<0.{most}>)")
        bodies = [part[1] for part in told if isinstance(part, tuple)]
        return bodies[0][:most] if bodies and isinstance(bodies[0], bytes) else None

    def _fetch(self, uids: Sequence[int], what: str) -> list[Any]:
        if not uids:
            return []
        status, told = self._imap.uid("FETCH", ",".join(map(str, uids)), what)
        if status != "OK":
            raise TransientError(f"the mailbox does not give its messages: {_text(told)}")
        return told


class ImapClient:
    """Opens sessions with one mailbox."""

    def __init__(self, server: MailServer, road: "MailRoad") -> None:
        self._server, self._road = server, road

    @contextmanager
    def session(self) -> Iterator[ImapSession]:
        """Log in, and out at the end; everything in between shares one deadline.

        Raises `AuthError`, `NotSentError`, `TransientError`, `RejectedError`.
        """
        about = f"{self._server.host}:{self._server.port}"
        with self._road.exchange(self._server, "IMAP"):
            line = self._road.open(self._server)
            imap = None
            try:
                imap = _Imap(line)
                if self._server.security == "starttls":
                    self._go_secret(imap)
                self._log_in(imap)
                yield ImapSession(imap)
                with suppress(imaplib.IMAP4.error, OSError):
                    imap.logout()
            except (imaplib.IMAP4.abort, EOFError, ssl.SSLError) as error:
                raise TransientError(f"{about}: the line broke: {error}") from None
            except imaplib.IMAP4.error as error:
                raise TransientError(f"{about}: not understood: {error}") from None
            except OSError as error:
                raise TransientError(f"{about}: {error.strerror or error}") from None
            finally:
                if imap is not None:
                    with suppress(OSError):
                        imap.shutdown()
                line.close()

    def _go_secret(self, imap: "_Imap") -> None:
        status, told = imap._simple_command("STARTTLS")
        if status != "OK":
            raise RejectedError(f"the server does not encrypt: {_text(told)}", "no_tls")
        assert isinstance(imap.sock, PlainLine)
        imap.file.close()
        imap.sock = encrypt(imap.sock, self._server.host, tls_context(self._road.ca_file))
        imap.file = imap.sock.makefile("rb")
        imap._get_capabilities()

    def _log_in(self, imap: imaplib.IMAP4) -> None:
        try:
            imap.login(self._server.user, self._server.password.reveal())
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            told = _text(error.args)
            if _BUSY.search(told):
                raise TransientError(f"{self._server.host}: no log-in now: {told}") from None
            raise AuthError(f"{self._server.host} refuses the log-in: {told}") from None


def quoted(text: str) -> str:
    """Give a text as an IMAP string; raises `RejectedError` for what none can hold."""
    if any(ord(sign) < 0x20 or ord(sign) > 0x7E for sign in text):
        raise RejectedError("IMAP texts are plain ASCII", "not_ascii")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(told: Any) -> str:
    parts = told if isinstance(told, list | tuple) else [told]
    words = [p.decode("utf-8", "replace") if isinstance(p, bytes) else str(p) for p in parts]
    return " ".join(word for word in words if word)
