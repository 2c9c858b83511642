"""The way to mail servers for one connection: what may be called, what is recorded, how fast."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from hub.sdk import sendings
from hub.sdk.addresses import PUBLIC_ONLY, AllowedAddresses, Resolver, system_resolver
from hub.sdk.errors import ConnectorError, RejectedError, UnknownOutcomeError
from hub.sdk.exchange import Exchange, outcome_of
from hub.sdk.mail.imap import ImapClient
from hub.sdk.mail.line import Measure, PlainLine, SecretLine, open_line, tls_context
from hub.sdk.mail.server import MailLimits, MailServer
from hub.sdk.mail.smtp import SmtpClient
from hub.sdk.pacing import Called, Gate
from hub.sdk.redaction import Redactor
from hub.sdk.secrets import Secret
from hub.sdk.tripwire import refuse_inside_transaction

_LONGEST_REASON = 400
_log = logging.getLogger("hub.mail")


class MailFactory(Protocol):
    """Gives clients that already know the hub's address rules, CA and exchange log."""

    def imap(self, server: MailServer) -> ImapClient:
        """Give a client that reads a mailbox."""
        ...

    def smtp(self, server: MailServer) -> SmtpClient:
        """Give a client that sends."""
        ...


@dataclass(frozen=True)
class MailRoad:
    """The hub's own `MailFactory`; takes what `HttpClient` takes."""

    connection: str = ""
    allow: AllowedAddresses = PUBLIC_ONLY
    ca_file: str | None = None
    observe: Callable[[Exchange], None] | None = None
    gate: Gate | None = None
    limits: MailLimits = field(default_factory=MailLimits)
    resolve: Resolver = system_resolver

    def imap(self, server: MailServer) -> ImapClient:
        """Give a client that reads a mailbox."""
        return ImapClient(server, self)

    def smtp(self, server: MailServer) -> SmtpClient:
        """Give a client that sends."""
        return SmtpClient(server, self)

    def open(self, server: MailServer) -> PlainLine | SecretLine:
        """Open a line; raises `NotSentError`, `RejectedError`."""
        measure = Measure(self.limits)
        context = tls_context(self.ca_file)
        return open_line(server, self.limits, self.allow, self.resolve, context, measure)

    @contextmanager
    def exchange(self, server: MailServer, method: str, effect: bool = False) -> Iterator[None]:
        """Make one session in this block: held to the pace, its failure redacted, recorded.

        Inside a transaction it raises `CallInsideTransactionError`.
        """
        refuse_inside_transaction(f"a call to {server.host}")
        if self.gate:
            try:
                self.gate.enter()
            except ConnectorError as held_back:
                sendings.mark(held_back)
                raise
        started, failure = time.perf_counter(), None
        try:
            yield
        except ConnectorError as error:
            sendings.mark(error)
            _redact(error, Redactor((server.password, Secret(server.user))))
            failure = error
            raise
        finally:
            self._told(server, method, effect, time.perf_counter() - started, failure)

    def _told(
        self, server: MailServer, method: str, effect: bool, elapsed: float,
        failure: ConnectorError | None,
    ) -> None:  # fmt: skip
        if effect and (failure is None or isinstance(failure, UnknownOutcomeError)):
            sendings.note_sent()
        refused = isinstance(failure, RejectedError) and failure.code == "address_refused"
        if self.gate and not refused:
            self.gate.leave(Called(outcome_of(failure), elapsed, None))
        if self.observe is None:
            return
        exchange = Exchange(
            connection=self.connection, method=method, host=server.host, path="/", effect=effect,
            status=None, outcome=outcome_of(failure), reason=failure.reason if failure else "",
            elapsed_ms=round(elapsed * 1000, 3), api_version=None, request_bytes=0,
            response_bytes=0,
        )  # fmt: skip
        try:
            self.observe(exchange)
        except Exception:
            # An observer's mistake must not turn a sent message into an unknown one.
            _log.exception("an observer of exchanges failed")


def _redact(failure: ConnectorError, redactor: Redactor) -> None:
    told = redactor(failure.reason)
    failure.reason = told if len(told) <= _LONGEST_REASON else f"{told[:_LONGEST_REASON]}…"
    failure.args = (failure.reason,)


class _NoMail:
    """For a connection that is opened where nobody may mail."""

    def imap(self, server: MailServer) -> ImapClient:
        raise RejectedError("mail cannot be read from here", code="no_mail")

    def smtp(self, server: MailServer) -> SmtpClient:
        raise RejectedError("mail cannot be sent from here", code="no_mail")


no_mail = _NoMail()
