"""The post office: two servers on one loop, a mailbox between them, and dials for bad days."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hub_support.email.twin.letterbox import Letterbox

ADDRESS, PASSWORD = "help@shop.example", "canary-mail-7f3b"
Fault = Literal["refuse", "greylist", "drop_after_data", "drop_before_data", "late", "twice"]


@dataclass(frozen=True)
class Handed:
    """One mail that was handed in and taken."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(message_from_bytes(self.raw)["Message-ID"])


@dataclass
class PostOffice:
    """Both servers, running; every method may be called from any thread."""

    letterbox: Letterbox
    address: str = ADDRESS
    password: str = PASSWORD
    taken: list[Handed] = field(default_factory=list)
    """What the SMTP server took upon itself, in order: the witness."""
    held_back: list[Handed] = field(default_factory=list)
    smtp_port: int = 0
    imap_port: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    faults: list[Fault] = field(default_factory=list)
    """One for each of the next mails handed in."""
    unknown: set[str] = field(default_factory=set)
    """Recipients that nobody knows: refused for good."""
    log_ins: bool = True
    """Whether passwords are believed."""

    @property
    def config(self) -> dict[str, Any]:
        """Give the settings by which a hub is connected to it."""
        return {
            "address": self.address, "name": "Shop", "user": self.address,
            "password": self.password, "imap_host": "127.0.0.1", "imap_port": self.imap_port,
            "imap_security": "none", "smtp_host": "127.0.0.1", "smtp_port": self.smtp_port,
            "smtp_security": "none",
        }  # fmt: skip

    @property
    def hosts(self) -> str:
        """Give both servers as the hub's list of allowed addresses wants them."""
        return f"127.0.0.1:{self.smtp_port},127.0.0.1:{self.imap_port}"

    def post(self, raw: bytes, at: datetime | None = None) -> None:
        """Let a mail arrive in the mailbox."""
        self._do(self.letterbox.put(raw, at or datetime.now(UTC)))

    def deliver_held_back(self) -> None:
        """Let what was taken and held back arrive at last."""
        late, self.held_back = self.held_back, []
        for one in late:
            self._do(self._deliver(one))

    def move_mailbox(self) -> None:
        """Let the mailbox be rebuilt: the same mails under other UIDs."""
        self._do(self.letterbox.rebuild())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    # -- what aiosmtpd asks ------------------------------------------------------------------------

    def judge(self, mechanism: str, given: object) -> AuthResult:
        """Believe one user with one password."""
        right = isinstance(given, LoginPassword) and self.log_ins and (
            given.login == self.address.encode() and given.password == self.password.encode()
        )  # fmt: skip
        return AuthResult(success=right, handled=right)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse whom nobody knows."""
        if address in self.unknown:
            return f"550 5.1.1 <{address}> is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, or do what the next dial says."""
        fault = self.faults.pop(0) if self.faults else None
        if fault == "refuse":
            return "554 5.7.1 we do not like it"
        if fault == "greylist":
            return "451 4.7.1 try again later"
        if fault == "drop_before_data":
            return await _hang_up(server)
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        handed = Handed(str(envelope.mail_from), tuple(envelope.rcpt_tos), raw)
        self.taken.append(handed)
        if fault == "late":
            self.held_back.append(handed)
        else:
            await self._deliver(handed)
        if fault == "twice":
            await self._deliver(handed)
        return await _hang_up(server) if fault in ("drop_after_data", "late") else "250 2.0.0 OK"

    async def _deliver(self, handed: Handed) -> None:
        if self.address in handed.recipients:
            await self.letterbox.put(handed.raw, datetime.now(UTC))


async def _hang_up(server: SMTP) -> str:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    return "421 gone"


@contextmanager
def post_office(tls: ssl.SSLContext | None = None) -> Iterator[PostOffice]:
    """Run both servers on ports the system chose; with `tls` they offer STARTTLS, and ask for it.

    The IMAP server is then encrypted from the first byte.
    """
    office = PostOffice(Letterbox(ADDRESS, PASSWORD))
    ready, over = threading.Event(), asyncio.Event()
    thread = threading.Thread(
        target=lambda: office.loop.run_until_complete(_serve(office, tls, ready, over)),
        name="twin post office",
    )
    thread.start()
    try:
        assert ready.wait(20), "the post office did not open"
        yield office
    finally:
        office.loop.call_soon_threadsafe(over.set)
        thread.join()
        office.loop.close()


async def _serve(
    office: PostOffice, tls: ssl.SSLContext | None, ready: threading.Event, over: asyncio.Event
) -> None:
    smtp = await office.loop.create_server(
        lambda: SMTP(
            office, authenticator=lambda *given: office.judge(given[3], given[4]),
            auth_require_tls=tls is not None, tls_context=tls, require_starttls=tls is not None,
            enable_SMTPUTF8=False, loop=office.loop,
        ),
        "127.0.0.1", 0,
    )  # fmt: skip
    imap = await office.letterbox.serve(tls)
    office.smtp_port = smtp.sockets[0].getsockname()[1]
    office.imap_port = imap.sockets[0].getsockname()[1]
    ready.set()
    await over.wait()
    for server in (smtp, imap):
        server.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
