"""Messages between a customer and the house, whatever channel carries them."""

from hub.records.base import Instant, Record, Text, Word


class Correspondent(Record):
    """Somebody who writes or is written to."""

    address: Word
    """Where the channel reaches them: a mail address."""
    name: Text = ""


class Enclosure(Record):
    """A file that came with a message; it is noted, not kept."""

    name: Text
    media_type: Text
    size: int
    """In bytes, as far as it was read."""


class Attachment(Record):
    """A file that goes out with a message."""

    name: Word
    media_type: Word
    content: bytes


class Bounce(Record):
    """A channel's word that a message of ours did not arrive."""

    message_id: Text = ""
    """The channel's id of that message; empty where the report does not say."""
    permanent: bool
    """False while the channel goes on trying."""
    reason: Text = ""


class IncomingMessage(Record):
    """A message as a channel gave it."""

    external_id: Word
    thread_ids: tuple[Word, ...] = ()
    """Ids of the messages it goes on with, the nearest first."""
    sender: Correspondent
    subject: Text = ""
    text: Text = ""
    enclosures: tuple[Enclosure, ...] = ()
    truncated: bool = False
    """There was more than the channel was asked for."""
    sent_at: Instant
    automatic: bool = False
    """Written by a machine: a person reads it, nobody answers it."""
    own: bool = False
    """Sent from our own address: a copy, or somebody's answer from another program."""
    key: Text = ""
    """The key under which the hub itself sent it, where the channel carries it."""
    bounce: Bounce | None = None


class OutgoingMessage(Record):
    """A message to one customer or supplier."""

    to: Correspondent
    subject: Text
    text: Text
    thread_ids: tuple[Word, ...] = ()
    """Ids of the messages it goes on with, the nearest first."""
    attachments: tuple[Attachment, ...] = ()
