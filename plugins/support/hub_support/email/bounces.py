"""Delivery reports (RFC 3464): which mail of ours did not arrive, and whether for good."""

import re
from email.message import EmailMessage, Message
from typing import Any

from hub.sdk import Bounce
from hub_support.email.words import clean, header

_ID = re.compile(r"<[^<>\s]{1,253}>")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def bounce_in(mail: EmailMessage) -> Bounce | None:
    """Give what a delivery report says; None for any other mail, and for good news."""
    if mail.get_content_type() != "multipart/report":
        return None
    parts: list[Message[Any, Any]] = [part for part in mail.walk() if part is not mail]
    reports = [one for part in parts if part.get_content_type() == "message/delivery-status"
               for one in _fields(part)]  # fmt: skip
    failed = [one for one in reports if header(one, "Action").lower() in ("failed", "delayed")]
    if not failed:
        return None
    permanent = any(header(one, "Action").lower() == "failed" for one in failed)
    return Bounce(message_id=_about(parts), permanent=permanent, reason=_reason(failed))


def _fields(part: "Message[Any, Any]") -> "list[Message[Any, Any]]":
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _about(parts: "list[Message[Any, Any]]") -> str:
    """Find the Message-ID of the mail that came back, whole or as its headers alone."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = _fields(part)
            about = header(inner[0], "Message-ID") if inner else ""
        elif kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
            found = re.search(r"(?im)^message-id:\s*(<[^<>\s]+>)", text)
            about = found[1] if found else ""
        else:
            continue
        if match := _ID.search(about):
            return clean(match[0])
    return ""


def _reason(failed: "list[Message[Any, Any]]") -> str:
    """Give the status code alone: what stands beside it names the person."""
    found = (_STATUS.search(header(one, "Status")) for one in failed)
    return next((f"{match[0]}" for match in found if match), "")
