"""Answers as effects: a message is written down, then sent once, whatever becomes of the call."""

from sqlalchemy import Connection, update

from hub.domain.tickets import LIVE, Act
from hub.records.message import OutgoingMessage
from hub.records.ticket import Delivery, ExceptionKind
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, SendMessage
from hub.services.effects.effect_kind import EffectKind, always_wanted, offered
from hub.services.tickets.exceptions import open_exception
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.effects import Effect
from hub.store.sealing import Keyring
from hub.store.ticket_messages import get_message, hash_of
from hub.store.tickets import get_ticket, move_ticket
from hub.store.unit_of_work import Unit

MESSAGE = "message"
_message = tables.ticket_message


def owe_message(unit: Unit, connection_id: str, message_id: str) -> str:
    """Owe the sending of a message that is kept; gives the effect."""
    key = f"message:{message_id}"
    effect_id = effects.prepare(unit, MESSAGE, connection_id, key, message_id)
    assert effect_id is not None, "a message is owed once, by the act that wrote it"
    owe(unit, "perform_effect", effect_id, connection_id)
    return effect_id


def _load(database: Connection, keyring: Keyring, effect: Effect) -> OutgoingMessage:
    words = get_message(database, keyring, effect.subject_id).words
    assert words is not None, "what is to be sent was written"
    return OutgoingMessage(
        to=words.person, subject=words.subject, text=words.text, thread_ids=words.thread_ids
    )


def _send(opened: Opened, message: OutgoingMessage, key: str) -> Accepted:
    return offered(opened, SendMessage).send_message(message, key=key)


def _find(opened: Opened, message: OutgoingMessage, key: str) -> Accepted | None:
    return offered(opened, SendMessage).find_message(message, key=key)


def _sent(unit: Unit, effect: Effect, answer: Accepted) -> None:
    unit.execute(
        update(_message)
        .where(_message.c.id == effect.subject_id, _message.c.delivery == Delivery.QUEUED.value)
        .values(
            delivery=Delivery.SENT.value,
            external_id=answer.external_id,
            external_hash=hash_of(unit, answer.external_id),
        )
    )


def _not_sent(unit: Unit, effect: Effect, reason: str = "") -> None:
    undelivered(unit, effect.subject_id, Delivery.FAILED, "it was refused where it was sent from")


def undelivered(unit: Unit, message_id: str, how: Delivery, why: str) -> bool:
    """Note that a message did not reach the customer: it was no answer, and its ticket is open.

    False when that is known already.
    """
    ticket_id = unit.execute(
        update(_message)
        .where(_message.c.id == message_id, _message.c.delivery != how.value)
        .values(delivery=how.value)
        .returning(_message.c.ticket_id)
    ).scalar()
    if ticket_id is None:
        return False
    ticket = get_ticket(unit.connection, ticket_id)
    if ticket.merged_into is not None:
        ticket = get_ticket(unit.connection, ticket.merged_into)
    if ticket.state in LIVE:
        move_ticket(unit, ticket, Act.REOPENED, "hub", why)
    sentence = f"T-{ticket.number}: an answer did not arrive, {why}"
    open_exception(unit, ExceptionKind.MESSAGE_BOUNCED, ticket.id, sentence)
    owe(unit, "tend_ticket", ticket.id)
    return True


MESSAGE_KIND = EffectKind(
    SendMessage, _load, _send, _find, lambda accepted: accepted.external_id, _sent, _not_sent,
    _not_sent, always_wanted,
)  # fmt: skip
