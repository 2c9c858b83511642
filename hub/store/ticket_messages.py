"""Messages of tickets as stored: what was written stands sealed under the customer's own key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from hub.records.message import Correspondent, Enclosure
from hub.records.ticket import Delivery, Direction
from hub.store import tables
from hub.store.ids import new_id
from hub.store.people import ErasedError, open_for, seal_for
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

_message = tables.ticket_message


class Words(msgspec.Struct, frozen=True):
    """What a message says and to whom: the sealed part of it."""

    address: str
    """Of the person it is from, or goes to."""
    message_id: str = ""
    """The channel's id of what came in."""
    name: str = ""
    subject: str = ""
    text: str = ""
    thread_ids: tuple[str, ...] = ()
    enclosures: tuple[tuple[str, str, int], ...] = ()
    truncated: bool = False

    @property
    def person(self) -> Correspondent:
        """Whom it is from, or goes to."""
        return Correspondent(address=self.address, name=self.name)

    @staticmethod
    def noted(enclosures: Sequence[Enclosure]) -> tuple[tuple[str, str, int], ...]:
        """Give enclosures as they are kept: name, type, bytes."""
        return tuple((one.name, one.media_type, one.size) for one in enclosures)


@dataclass(frozen=True)
class StoredMessage:
    """A message with its words; None where the person was erased, or where nobody is named."""

    id: str
    ticket_id: str
    direction: Direction
    delivery: str
    connection_id: str | None
    external_id: str | None
    words: Words | None
    note: str
    by: str
    automatic: bool
    sent_at: datetime

    @property
    def known_as(self) -> str:
        """The channel's id of it; empty where it has none, or nobody may know it any more."""
        return self.external_id or (self.words.message_id if self.words else "")


def add_message(
    unit: Unit, ticket_id: str, direction: Direction, *, person_id: str | None = None,
    words: Words | None = None, connection_id: str | None = None, external_id: str | None = None,
    message_id: str | None = None,
    delivery: Delivery | None = None, note: str = "", by: str = "", automatic: bool = False,
    sent_at: datetime | None = None,
) -> str:  # fmt: skip
    """Keep a message; gives its id. Words need a person under whose key they are sealed."""
    message_id = message_id or new_id()
    ours = external_id if direction == Direction.OUT else None
    sealed = None
    if words is not None and person_id is not None:
        sealed = seal_for(unit, person_id, msgspec.json.encode(words), f"message:{message_id}")
    unit.execute(
        _message.insert().values(
            id=message_id, ticket_id=ticket_id, direction=direction.value,
            delivery=delivery.value if delivery else "", connection_id=connection_id,
            external_id=ours, external_hash=hash_of(unit, external_id), person_id=person_id,
            sealed=sealed, note=note, by=by,
            automatic=automatic, sent_at=sent_at or unit.now, recorded_at=unit.now,
        )
    )  # fmt: skip
    return message_id


def hash_of(unit: Unit, external_id: str | None) -> bytes | None:
    """Give what a message is looked up by; None for one that has no id of its channel."""
    return None if external_id is None else unit.keyring.hash(external_id)


def get_message(connection: Connection, keyring: Keyring, message_id: str) -> StoredMessage:
    """Read a message and open what it says."""
    row = connection.execute(select(_message).where(_message.c.id == message_id)).one()
    return _opened(connection, keyring, row)


def messages_of(
    connection: Connection, keyring: Keyring, ticket_ids: Sequence[str]
) -> list[StoredMessage]:
    """Give the messages of some tickets, oldest first."""
    rows = connection.execute(
        select(_message)
        .where(_message.c.ticket_id.in_(ticket_ids))
        .order_by(_message.c.sent_at, _message.c.id)
    )
    return [_opened(connection, keyring, row) for row in rows.all()]


def _opened(connection: Connection, keyring: Keyring, row: Row[Any]) -> StoredMessage:
    words = None
    if row.sealed is not None:
        try:
            plain = open_for(connection, keyring, row.person_id, row.sealed, f"message:{row.id}")
            words = msgspec.json.decode(plain, type=Words)
        except ErasedError:
            words = None
    return StoredMessage(
        row.id, row.ticket_id, Direction(row.direction), row.delivery, row.connection_id,
        row.external_id, words, row.note, row.by, row.automatic, row.sent_at,
    )  # fmt: skip


def title_of(connection: Connection, keyring: Keyring, row: Row[Any]) -> str:
    """Open a ticket's title; a customer's own is gone with the customer."""
    if row.sealed_title is None:
        return str(row.title)
    try:
        about = f"ticket:{row.id}"
        return open_for(connection, keyring, row.person_id, row.sealed_title, about).decode()
    except ErasedError:
        return "(erased)"
