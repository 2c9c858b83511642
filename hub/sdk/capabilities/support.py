"""What a support channel may be able to do: a mailbox, a help desk, a chat."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from hub.records.message import OutgoingMessage
from hub.sdk.capabilities.answers import Accepted, Page


@runtime_checkable
class PullMessages(Protocol):
    """Walk the messages that arrived since a cursor, oldest first."""

    def pull_messages(self, cursor: str | None) -> Iterator[Page]:
        """Yield pages; with no cursor, from where the connection's settings say."""
        ...

    def to_message(self, raw: bytes) -> Mapping[str, Any]:
        """Translate one raw message to the data of a `hub.records.message.IncomingMessage`. Pure.

        Raises `MappingError` for what cannot be understood.
        """
        ...


@runtime_checkable
class SendMessage(Protocol):
    """Send a message to one person. An effect: nobody is written to twice."""

    def send_message(self, message: OutgoingMessage, *, key: str) -> Accepted:
        """Send; the channel's id of the message is made from `key`, or carries it."""
        ...

    def find_message(self, message: OutgoingMessage, *, key: str) -> Accepted | None:
        """Look for a message sent under this key; only called when the traits promise look-up."""
        ...
