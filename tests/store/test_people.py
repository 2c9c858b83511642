"""People: found by their mail, readable with their key, gone when it is gone."""

from pathlib import Path

import msgspec
import pytest

from hub.store import tables
from hub.store.lander import land
from hub.store.people import (
    ErasedError,
    Parties,
    Person,
    open_for,
    open_parties,
    people_for,
    seal_for,
    seal_parties,
)
from hub.store.sealing import Keyring, SealError
from hub.store.unit_of_work import Store
from tests.records.order_example import ADA
from tests.store.conftest import KEYRING
from tests.store.shop_rows import all_rows


def people(store: Store, *mails: str) -> list[Person]:
    with store.unit_of_work() as unit:
        return people_for(unit, [(mail, None) for mail in mails])


def keep_party(store: Store, person: Person) -> None:
    document = {"bill_to": ADA.model_dump(), "ship_to": None, "note": "Ring twice"}
    sealed = seal_parties(person, "party-1", msgspec.json.encode(document))
    columns = ("id", "person_id", "sealed", "country", "postal_prefix")
    with store.unit_of_work() as unit:
        land(unit, tables.party, columns, [("party-1", person.id, sealed, "GB", "SW1")])


def party(store: Store, keyring: Keyring = KEYRING) -> Parties:
    with store.reading() as database:
        return open_parties(database, keyring, "party-1")


def erase(store: Store, person: Person) -> None:
    with store.unit_of_work() as unit:
        rows = tables.person
        unit.execute(
            rows.update()
            .where(rows.c.id == person.id)
            .values(wrapped_key=None, mail_hash=None, erased_at=unit.now)
        )


def test_an_order_without_a_mail_keeps_its_person_when_it_changes(store: Store) -> None:
    (person,) = people(store, "")
    keep_party(store, person)
    with store.unit_of_work() as unit:
        (again,) = people_for(unit, [("", "party-1")])
    assert again == person
    assert len(all_rows(store, tables.person)) == 1


def test_one_mail_is_one_person_however_it_is_written_and_whenever_it_comes(store: Store) -> None:
    first, again = people(store, "Ada@Example.com", " ada@example.com ")
    (later,) = people(store, "ADA@EXAMPLE.COM")
    assert first == again == later
    assert len(all_rows(store, tables.person)) == 1


def test_without_a_mail_nobody_is_taken_for_somebody_else(store: Store) -> None:
    one, two, three = people(store, "", "", "  ")
    assert len({one.id, two.id, three.id}) == 3


def test_who_an_order_is_for_is_read_with_the_key(store: Store) -> None:
    (ada,) = people(store, "ada@example.com")
    keep_party(store, ada)
    assert party(store) == Parties(ADA, None, "Ring twice")
    assert party(store).receiver == ADA
    with pytest.raises(SealError):
        party(store, Keyring({1: b"x" * 32}))


def test_nothing_that_names_a_person_stands_in_the_files_of_the_database(
    sqlite_store: Store, tmp_path: Path
) -> None:
    (ada,) = people(sqlite_store, "ada@example.com")
    keep_party(sqlite_store, ada)
    files = [file for file in tmp_path.iterdir() if file.name.startswith("hub.db")]
    content = b"".join(file.read_bytes() for file in files).lower()
    assert b"party-1" in content
    for word in (b"byron", b"ada@example.com", b"main st", b"ring twice"):
        assert word not in content


def test_what_is_sealed_for_a_person_opens_for_nobody_else(store: Store) -> None:
    ada, bob = people(store, "ada@example.com", "bob@example.com")
    with store.unit_of_work() as unit:
        label = seal_for(unit, ada.id, b"%PDF", "label:1")
    with store.reading() as database:
        assert open_for(database, KEYRING, ada.id, label, "label:1") == b"%PDF"
        for person, about in ((bob, "label:1"), (ada, "label:2")):
            with pytest.raises(SealError):
                open_for(database, KEYRING, person.id, label, about)


def test_an_erased_person_cannot_be_read_again_and_may_come_back_as_new(store: Store) -> None:
    (ada,) = people(store, "ada@example.com")
    keep_party(store, ada)
    with store.unit_of_work() as unit:
        label = seal_for(unit, ada.id, b"%PDF", "label:1")
    erase(store, ada)
    with pytest.raises(ErasedError):
        party(store)
    with store.reading() as database, pytest.raises(ErasedError):
        open_for(database, KEYRING, ada.id, label, "label:1")
    (returned,) = people(store, "ada@example.com")
    assert returned.id != ada.id
