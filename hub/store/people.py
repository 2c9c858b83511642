"""People: found by keyed hash of their mail, their data sealed under a key of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from hub.records.address import Party
from hub.store import tables
from hub.store.ids import new_id
from hub.store.lander import instant_text, land, rows_by
from hub.store.sealing import Keyring, seal, unseal
from hub.store.unit_of_work import Unit


@dataclass(frozen=True)
class Person:
    """A person with the key that opens what is known of them."""

    id: str
    key: bytes


class ErasedError(LookupError):
    """This person's data was erased; nothing sealed under their key can be read again."""


_PERSON = ("id", "wrapped_key", "mail_hash", "created_at")


def people_for(unit: Unit, owners: Sequence[tuple[str, str | None]]) -> list[Person]:
    """Give a person for each (mail, party already kept of the order).

    By mail; without one, the person the kept party belongs to; new where nobody is known.
    """
    hashes = [_mail_hash(unit.keyring, mail) for mail, _ in owners]
    by_mail = _people_by_mail(unit, {digest for digest in hashes if digest})
    nameless = {party for (mail, party) in owners if party and not mail.strip()}
    by_party = _people_by_party(unit, nameless)
    people: list[Person] = []
    fresh: list[tuple[Any, ...]] = []
    for digest, (_, party) in zip(hashes, owners, strict=True):
        person = by_mail.get(digest) if digest else by_party.get(party or "")
        if person is None:
            person, wrapped = _mint(unit.keyring)
            fresh.append((person.id, wrapped, digest, instant_text(unit.now)))
            if digest:
                by_mail[digest] = person
        people.append(person)
    land(unit, tables.person, _PERSON, fresh, fresh=True)
    return people


def _mail_hash(keyring: Keyring, mail: str) -> bytes | None:
    clean = mail.strip().lower()
    return keyring.hash(clean) if clean else None


def _people_by_mail(unit: Unit, hashes: set[bytes]) -> dict[bytes, Person]:
    rows = rows_by(unit, tables.person, "mail_hash", hashes)
    return {
        digest: Person(row.id, unit.keyring.unwrap(row.wrapped_key, row.id))
        for digest, row in rows.items()
        if row.wrapped_key is not None
    }


def _people_by_party(unit: Unit, parties: set[str]) -> dict[str, Person]:
    if not parties:
        return {}
    rows = unit.execute(
        select(tables.party.c.id, tables.party.c.person_id, tables.person.c.wrapped_key)
        .join(tables.person, tables.person.c.id == tables.party.c.person_id)
        .where(tables.party.c.id.in_(parties), tables.person.c.wrapped_key.is_not(None))
    )
    return {
        row.id: Person(row.person_id, unit.keyring.unwrap(row.wrapped_key, row.person_id))
        for row in rows
    }


def _mint(keyring: Keyring) -> tuple[Person, bytes]:
    owner = new_id()
    key, wrapped = keyring.new_data_key(owner)
    return Person(owner, key), wrapped


def seal_parties(person: Person, party_id: str, parties: bytes) -> bytes:
    """Seal who an order is for: a document of its `bill_to`, `ship_to` and `note`."""
    return seal(person.key, parties, f"party:{party_id}")


@dataclass(frozen=True)
class Parties:
    """Who an order is for."""

    bill_to: Party | None
    ship_to: Party | None
    note: str

    @property
    def receiver(self) -> Party | None:
        """The shipping address, or the billing address where the shop keeps none."""
        return self.ship_to or self.bill_to


def open_parties(connection: Connection, keyring: Keyring, party_id: str) -> Parties:
    """Unseal the parties of an order; raises `ErasedError` when the person was erased."""
    row = connection.execute(
        select(tables.party.c.sealed, tables.party.c.person_id, tables.person.c.wrapped_key)
        .join(tables.person, tables.person.c.id == tables.party.c.person_id)
        .where(tables.party.c.id == party_id)
    ).one()
    data = msgspec.json.decode(_open(keyring, row, f"party:{party_id}"))
    return Parties(_party(data.get("bill_to")), _party(data.get("ship_to")), data.get("note", ""))


def _party(data: dict[str, Any] | None) -> Party | None:
    return None if data is None else Party.model_validate_json(msgspec.json.encode(data))


def _open(keyring: Keyring, row: Any, about: str) -> bytes:
    if row.wrapped_key is None:
        raise ErasedError("this person's data was erased")
    return unseal(keyring.unwrap(row.wrapped_key, row.person_id), row.sealed, about)


def seal_for(unit: Unit, person_id: str, data: bytes, about: str) -> bytes:
    """Seal bytes that name a known person, such as a label."""
    return seal(_key_of(unit.connection, unit.keyring, person_id), data, about)


def open_for(
    connection: Connection, keyring: Keyring, person_id: str, sealed: bytes, about: str
) -> bytes:
    """Unseal bytes that name a known person."""
    return unseal(_key_of(connection, keyring, person_id), sealed, about)


def _key_of(connection: Connection, keyring: Keyring, person_id: str) -> bytes:
    wrapped = connection.execute(
        select(tables.person.c.wrapped_key).where(tables.person.c.id == person_id)
    ).scalar_one()
    if wrapped is None:
        raise ErasedError("this person's data was erased")
    return keyring.unwrap(wrapped, person_id)
