"""An outgoing mail: its Message-ID comes from the hub's key, so that it can be looked up."""

import hashlib
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from hub.sdk import OutgoingMessage, RejectedError

KEY_HEADER = "X-Commerce-Hub-Key"
MOST_REFERENCES = 20


def message_id(key: str, address: str) -> str:
    """Give the Message-ID of what is sent under a key; the same key gives the same."""
    domain = address.rpartition("@")[2].casefold()
    ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{ascii_domain}>"


def composed(message: OutgoingMessage, sender: tuple[str, str], key: str, now: datetime) -> bytes:
    """Write a mail as bytes; raises `RejectedError` for an address that is none."""
    address, name = sender
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(address, name)
    mail["To"] = _mailbox(message.to.address, message.to.name)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(key, address)
    mail[KEY_HEADER] = key
    ids = [one for one in message.thread_ids[:MOST_REFERENCES] if _is_id(one)]
    if ids:
        mail["In-Reply-To"] = ids[0]
        mail["References"] = " ".join(reversed(ids))
    mail.set_content(message.text.replace("\r\n", "\n"), cte="quoted-printable")
    for one in message.attachments:
        main, _, sub = one.media_type.partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return mail.as_bytes()


def _mailbox(address: str, name: str) -> Address:
    try:
        found = Address(" ".join(name.split()), addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        raise RejectedError("this is no mail address", code="bad_address") from None
    if not address.isascii():
        raise RejectedError("an address beyond ASCII cannot be written to", code="bad_address")
    return found


def _is_id(text: str) -> bool:
    return text.startswith("<") and text.endswith(">") and text.isascii() and " " not in text
