"""A raw mail becomes a message: pure, and forgiving towards everything that mail programs do."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from hub.sdk import Correspondent, Enclosure, MappingError
from hub_support.email.bounces import bounce_in
from hub_support.email.compose import KEY_HEADER
from hub_support.email.words import clean, header, text_of

LONGEST_TEXT = 100_000
LONGEST_ID = 255
MOST_ENCLOSURES = 50
_ID = re.compile(r"<[^<>\s]{1,253}>")
_ADDRESS = re.compile(r"[^\s<>@\",;:()]+@[^\s<>@\",;:()]+")
_MACHINE_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = ("mailer-daemon@", "postmaster@")


def to_message(raw: bytes, own_address: str) -> Mapping[str, Any]:
    """Translate a mail; raises `MappingError` for one without a sender or a date."""
    mail = message_from_bytes(raw, policy=default)
    sender = _sender(mail)
    bounce = bounce_in(mail)
    return {
        "external_id": _message_id(mail, raw),
        "thread_ids": _thread(mail),
        "sender": sender,
        "subject": clean(header(mail, "Subject"))[:500],
        "text": text_of(mail)[:LONGEST_TEXT],
        "enclosures": _enclosures(mail),
        "truncated": header(mail, "X-Hub-Cut") == "yes",
        "sent_at": _sent_at(mail),
        "automatic": bounce is not None or _is_automatic(mail, sender),
        "own": sender.address.casefold() == own_address.casefold(),
        "key": clean(header(mail, KEY_HEADER))[:LONGEST_ID],
        "bounce": bounce,
    }


def _sender(mail: EmailMessage) -> Correspondent:
    said = header(mail, "From") or header(mail, "Sender") or header(mail, "Reply-To")
    bare = [("", found) for found in _ADDRESS.findall(said)]
    for name, address in [*getaddresses([said]), *bare]:
        address = clean(address).strip()
        if "@" in address.strip("@") and len(address) <= LONGEST_ID:
            return Correspondent(address=address, name=clean(name)[:LONGEST_ID])
    if header(mail, "Return-Path").strip() == "<>":
        return Correspondent(address="mailer-daemon@invalid", name="")
    raise MappingError("From", "", "it names no sender")


def _message_id(mail: EmailMessage, raw: bytes) -> str:
    """Give the Message-ID; a mail without one is known by its bytes, the server's marks aside."""
    found = _ID.search(header(mail, "Message-ID"))
    if found and len(found[0]) <= LONGEST_ID:
        return clean(found[0])
    own = re.sub(rb"\A(X-Hub-(?:Arrived|Cut): [^\r\n]*\r\n)+", b"", raw)
    return f"<{hashlib.sha256(own).hexdigest()}@without-id.invalid>"


def _thread(mail: EmailMessage) -> tuple[str, ...]:
    """Give the ids of what this goes on with: the answered one first, then backwards."""
    answered = _ID.findall(header(mail, "In-Reply-To"))
    before = _ID.findall(header(mail, "References"))
    return tuple(dict.fromkeys(map(clean, [*answered, *reversed(before)])))[:50]


def _sent_at(mail: EmailMessage) -> datetime:
    """Give the sender's date, unless it lies after the arrival; clocks of senders are odd."""
    arrived = _instant(header(mail, "X-Hub-Arrived"))
    said = _date(header(mail, "Date"))
    if said and (arrived is None or said <= arrived):
        return said
    if arrived is not None:
        return arrived
    raise MappingError("Date", "", "it names no date")


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _is_automatic(mail: EmailMessage, sender: Correspondent) -> bool:
    """Say whether a machine wrote it: RFC 3834's mark, and what came before that."""
    marked = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        marked not in ("", "no")
        or header(mail, "Precedence").strip().lower() in _MACHINE_PRECEDENCE
        or header(mail, "Return-Path").strip() == "<>"
        or any(header(mail, name) for name in ("List-Id", "X-Autoreply", "X-Autorespond"))
        or sender.address.casefold().startswith(_MACHINES)
    )


def _enclosures(mail: EmailMessage) -> tuple[Enclosure, ...]:
    found = []
    for part in mail.walk():
        if part.is_multipart() or part.get_content_disposition() != "attachment":
            continue
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        name = clean(str(part.get_filename() or ""))[:LONGEST_ID]
        found.append(Enclosure(name=name, media_type=clean(part.get_content_type()), size=size))
    return tuple(found[:MOST_ENCLOSURES])
