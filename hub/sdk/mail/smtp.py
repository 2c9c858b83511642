"""Sending by SMTP: before the last dot nothing was sent, after it only the answer tells."""

import smtplib
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from hub.sdk.errors import (
    AuthError,
    ConnectorError,
    NotSentError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.mail.line import PlainLine, SecretLine, encrypt, tls_context
from hub.sdk.mail.server import MailServer

if TYPE_CHECKING:
    from hub.sdk.mail.road import MailRoad

Reply = tuple[int, bytes]
_OK, _GO_ON = 250, 354
_NAME = "commerce-hub.invalid"
_WRONG_PASSWORD = frozenset({530, 534, 535, 538})


class _Smtp(smtplib.SMTP):
    """The standard library's protocol over a line that was opened elsewhere."""

    def __init__(self, line: PlainLine | SecretLine, name: str) -> None:
        super().__init__(local_hostname=name)
        self.use(line)

    def use(self, line: PlainLine | SecretLine) -> None:
        """Go on over another line: nothing that was said in clear is believed."""
        if self.file is not None:
            self.file.close()
        self.sock, self.file = line, None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False


class SmtpClient:
    """Sends over one server."""

    def __init__(self, server: MailServer, road: "MailRoad") -> None:
        self._server, self._road = server, road

    def check(self) -> None:
        """Log in and out, sending nothing; raises as `send` does."""
        road, server = self._road, self._server
        with road.exchange(server, "SMTP"), closing(_Smtp(road.open(server), _NAME)) as smtp:
            self._make_ready(smtp)
            self._farewell(smtp)

    def send(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Hand one message over for all its recipients, or for none.

        Raises `RejectedError` and `AuthError` when the server refuses it for good, `NotSentError`
        when it provably did not take it, `UnknownOutcomeError` when nobody knows.
        """
        with self._road.exchange(self._server, "SMTP", effect=True):
            if len(raw) > self._road.limits.sent:
                raise RejectedError(f"a message of {len(raw):,} bytes is too large", "too_large")
            with closing(_Smtp(self._road.open(self._server), _NAME)) as smtp:
                self._make_ready(smtp)
                self._addressed(smtp, sender, recipients)
                self._hand_over(smtp, raw)
                self._farewell(smtp)

    def _make_ready(self, smtp: _Smtp) -> None:
        try:
            self._expect(smtp.getreply(), 220)
            smtp.ehlo_or_helo_if_needed()
            if self._server.security == "starttls":
                assert isinstance(smtp.sock, PlainLine)
                self._expect(smtp.docmd("STARTTLS"), 220)
                rules = tls_context(self._road.ca_file)
                smtp.use(encrypt(smtp.sock, self._server.host, rules))
                smtp.ehlo_or_helo_if_needed()
            if self._server.user:
                smtp.login(self._server.user, self._server.password.reveal())
        except smtplib.SMTPAuthenticationError as error:
            code, told = error.smtp_code, _text(error.smtp_error)
            kind = AuthError if code in _WRONG_PASSWORD else NotSentError
            raise kind(f"{self._server.host} refuses the log-in: {code} {told}") from None
        except smtplib.SMTPResponseException as error:
            raise self._refused((error.smtp_code, _bytes(error.smtp_error))) from None
        except smtplib.SMTPNotSupportedError as error:
            raise RejectedError(f"{self._server.host}: {error}", "no_login") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSentError(f"{self._server.host}: before anything was sent: {error}") from None

    def _addressed(self, smtp: _Smtp, sender: str, recipients: Sequence[str]) -> None:
        try:
            self._expect(smtp.mail(sender))
            for recipient in recipients:
                self._expect(smtp.rcpt(recipient), _OK, 251)
            self._expect(smtp.docmd("DATA"), _GO_ON)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise NotSentError(f"{self._server.host}: before anything was sent: {error}") from None

    def _hand_over(self, smtp: _Smtp, raw: bytes) -> None:
        """The message is theirs, or not, with the answer to its last dot."""
        lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        stuffed = b"\r\n".join(
            b"." + one if one.startswith(b".") else one for one in lines.split(b"\r\n")
        )
        try:
            smtp.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
        except (smtplib.SMTPException, OSError) as error:  # without its last dot it is no message
            raise NotSentError(f"{self._server.host}: the message broke off: {error}") from None
        try:
            smtp.send(b".\r\n")
            reply = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise UnknownOutcomeError(
                f"{self._server.host}: no answer to the whole message: {error}"
            ) from None
        if not 200 <= reply[0] < 600:
            raise UnknownOutcomeError(f"{self._server.host} answers {reply[0]}, which says nothing")
        self._expect(reply)

    def _farewell(self, smtp: _Smtp) -> None:
        with suppress(smtplib.SMTPException, OSError):
            smtp.docmd("QUIT")

    def _expect(self, reply: Reply, *wanted: int) -> None:
        if reply[0] not in (wanted or (_OK,)):
            raise self._refused(reply)

    def _refused(self, reply: Reply) -> ConnectorError:
        """Name a refusal: 5 is for good, 4 for now, anything else is no SMTP."""
        code, told = reply
        text = f"{self._server.host} answers {code} {_text(told)}"
        if code in _WRONG_PASSWORD:
            return AuthError(text)
        if 500 <= code < 600:
            return RejectedError(text, str(code))
        return NotSentError(text) if code < 0 or 400 <= code < 500 else TransientError(text)


def _bytes(told: bytes | str) -> bytes:
    return told if isinstance(told, bytes) else told.encode("utf-8", "replace")


def _text(told: bytes | str) -> str:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    return " ".join(text.split())
