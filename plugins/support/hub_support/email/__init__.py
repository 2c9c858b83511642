"""E-mail as a support channel: one mailbox, read by IMAP, answered by SMTP."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any

from hub.sdk import (
    Accepted,
    Account,
    Connector,
    EffectTraits,
    Family,
    Opening,
    OutgoingMessage,
    Page,
    PullMessages,
    RateLimit,
    SendMessage,
    hookimpl,
)
from hub_support.email.compose import composed, message_id
from hub_support.email.mailbox import Mailbox
from hub_support.email.mapping import to_message


class EmailChannel:
    """One mailbox, opened."""

    def __init__(self, opening: Opening) -> None:
        self._address = str(opening.config["address"])
        self._name = str(opening.config["name"])
        self._box = Mailbox(opening)
        self._now = opening.clock

    def check(self) -> Account:
        """Log in at both servers; raises `AuthError` when one refuses."""
        self._box.check()
        return Account(id=self._address.casefold(), title=self._address)

    def pull_messages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what arrived in INBOX since; with no cursor, from now or so many days ago."""
        return self._box.pages(cursor)

    def to_message(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one mail; raises `MappingError` for one without a sender or a date."""
        return to_message(raw, self._address)

    def send_message(self, message: OutgoingMessage, *, key: str) -> Accepted:
        """Send one mail, and a copy to ourselves by which the sending can be looked up."""
        sender = self._address, self._name
        self._box.send(message.to.address, composed(message, sender, key, self._now()))
        return Accepted(message_id(key, self._address))

    def find_message(self, message: OutgoingMessage, *, key: str) -> Accepted | None:
        """Look for the mail of this key, or the copy of it, in the mailbox."""
        wanted = message_id(key, self._address)
        return Accepted(wanted) if self._box.holds(wanted) else None


CONNECTOR = Connector(
    name="email",
    title="E-mail",
    family=Family.SUPPORT,
    factory=EmailChannel,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(PullMessages, SendMessage),
    rate=RateLimit(calls=2, concurrency=1),
    effects={SendMessage: EffectTraits(lookup=True, settle=timedelta(minutes=15))},
    poll_every=timedelta(minutes=1),
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the e-mail channel."""
    return [CONNECTOR]
