"""The mailbox: walked by UID as far as UIDVALIDITY holds, searched by Message-ID, never changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hub.sdk import Opening, Page
from hub.sdk.mail import Folder, ImapSession, MailServer
from hub.sdk.mail.imap import quoted

INBOX = "INBOX"
MOST_MESSAGES, MOST_BYTES = 50, 8 * 1024 * 1024
"""Of one page."""
MOST_OF_ONE = 1024 * 1024
"""Bytes read of one mail: its text stands at the beginning, what is attached is only noted."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Position:
    """How far a mailbox was read; `since` bounds what is read anew when its UIDs were changed."""

    validity: int
    uid: int
    since: date

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}:{self.since.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read a cursor of ours."""
        validity, uid, since = text.split(":")
        return cls(int(validity), int(uid), date.fromisoformat(since))


class Mailbox:
    """Both servers of one mailbox."""

    def __init__(self, opening: Opening) -> None:
        config = opening.config
        self._address = str(config["address"])
        self._folders = [name for name in (INBOX, str(config["sent_folder"])) if name]
        self._days = int(config["import_days"])
        self._now = opening.clock
        self._imap = opening.mail.imap(_server(opening, "imap"))
        self._smtp = opening.mail.smtp(_server(opening, "smtp"))

    def check(self) -> None:
        """Log in at both servers and open every folder that is looked into."""
        with self._imap.session() as session:
            for folder in self._folders:
                session.examine(folder)
        self._smtp.check()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Walk from a cursor to the present, one session a page."""
        position = Position.parse(cursor) if cursor else None
        while True:
            page, position = self._page(position)
            yield page
            if page.last:
                return

    def _page(self, position: Position | None) -> tuple[Page, Position]:
        with self._imap.session() as session:
            folder = session.examine(INBOX)
            begins, uids = self._wanted(session, folder, position)
            chosen = _as_many_as_fit(session, uids)
            read = [(uid, session.read(uid, MOST_OF_ONE)) for uid in chosen]
            sizes = session.sizes(chosen)
            arrived = session.arrivals(chosen)
        items = tuple(_marked(raw, arrived.get(uid), sizes.get(uid, 0)) for uid, raw in read if raw)
        after = Position(folder.uid_validity, max([begins.uid, *chosen]), begins.since)
        return Page(items, str(after), last=len(chosen) == len(uids)), after

    def _wanted(
        self, session: ImapSession, folder: Folder, position: Position | None
    ) -> tuple[Position, list[int]]:
        """Give where this walk begins, and the UIDs that come after it."""
        validity = folder.uid_validity
        if position is not None and position.validity == validity:
            found = session.search("UID", f"{position.uid + 1}:*")  # gives the last one, whatever
            return position, [uid for uid in found if uid > position.uid]
        if position is None and not self._days:
            return Position(validity, _newest(session, folder), self._now().date()), []
        back = (self._now() - timedelta(days=self._days)).date()
        since = position.since if position else back
        return Position(validity, 0, since), session.search("SINCE", _imap_date(since))

    def send(self, to: str, raw: bytes) -> None:
        """Hand a mail in for the customer and for ourselves, in that order and in one piece."""
        self._smtp.send(self._address, (to, self._address), raw)

    def holds(self, message_id: str) -> bool:
        """Look for a mail by its Message-ID in every folder; an error is no evidence."""
        with self._imap.session() as session:
            for folder in self._folders:
                session.examine(folder)
                if session.search("HEADER", "Message-ID", quoted(message_id)):
                    return True
        return False


def _server(opening: Opening, which: str) -> MailServer:
    config = opening.config
    return MailServer(
        host=str(config[f"{which}_host"]), port=int(config[f"{which}_port"]),
        security=config[f"{which}_security"], user=str(config["user"]),
        password=opening.secret("password"),
    )  # fmt: skip


def _newest(session: ImapSession, folder: Folder) -> int:
    if folder.uid_next is not None:
        return folder.uid_next - 1
    return max(session.search("ALL"), default=0)


def _as_many_as_fit(session: ImapSession, uids: list[int]) -> list[int]:
    """Choose what one page holds, by number and by bytes; at least one."""
    candidates = uids[:MOST_MESSAGES]
    sizes = session.sizes(candidates)
    chosen: list[int] = []
    room = MOST_BYTES
    for uid in candidates:
        room -= min(sizes.get(uid, 0), MOST_OF_ONE)
        if chosen and room < 0:
            break
        chosen.append(uid)
    return chosen


def _marked(raw: bytes, arrived: datetime | None, size: int) -> bytes:
    """Put before a mail what only the server knows: when it came, and whether all of it was read.

    The first of equal headers is believed, so that no sender can say it.
    """
    when = arrived.astimezone(UTC).isoformat() if arrived else ""
    cut = "yes" if size > len(raw) else "no"
    return f"X-Hub-Arrived: {when}\r\nX-Hub-Cut: {cut}\r\n".encode() + raw


def _imap_date(day: date) -> str:
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year}"
