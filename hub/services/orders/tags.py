"""Tags and notes: words that group orders, and what people write about them."""

import msgspec
from sqlalchemy import Connection, delete, select

from hub.sdk.errors import HubError
from hub.store import tables
from hub.store.ids import new_id
from hub.store.people import open_for, seal_for
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

_tag, _note = tables.order_tag, tables.order_note

LONGEST_TAG = 60


class TagRefusedError(HubError):
    """This is no tag: it is empty, too long, or has a comma in it."""


def clean_tag(text: str) -> str:
    """Give a tag as it is kept: lower case, no spaces around; raises `TagRefusedError`."""
    tag = text.strip().lower()
    if not tag or len(tag) > LONGEST_TAG or "," in tag or not tag.isprintable():
        raise TagRefusedError(f"{text!r} is no tag: up to {LONGEST_TAG} letters, no comma")
    return tag


def tag_order(unit: Unit, order_id: str, tag: str, by: str) -> bool:
    """Put a tag on an order; False when it has it already."""
    known = select(_tag.c.tag).where(_tag.c.order_id == order_id, _tag.c.tag == tag)
    if unit.execute(known).first() is not None:
        return False
    unit.execute(_tag.insert().values(order_id=order_id, tag=tag, placed_by=by, placed_at=unit.now))
    return True


def untag_order(unit: Unit, order_id: str, tag: str, by: str = "") -> bool:
    """Take a tag off, or only if `by` had put it there; False when there was none to take."""
    meant = delete(_tag).where(_tag.c.order_id == order_id, _tag.c.tag == tag)
    return bool(unit.changed(meant.where(_tag.c.placed_by == by) if by else meant))


def write_note(unit: Unit, order_id: str, text: str, by: str) -> None:
    """Keep a note, sealed under its customer's key: it may name them. Raises `ErasedError`."""
    note_id, person = new_id(), _person_of(unit.connection, order_id)
    sealed = seal_for(unit, person, msgspec.json.encode(text), f"note:{note_id}")
    unit.execute(
        _note.insert().values(
            id=note_id, order_id=order_id, person_id=person, sealed=sealed, written_by=by,
            written_at=unit.now,
        )
    )  # fmt: skip


def read_notes(database: Connection, keyring: Keyring, order_id: str) -> list[tuple[str, str]]:
    """Give (note id, text) of an order, oldest first; raises `ErasedError`."""
    rows = database.execute(
        select(_note).where(_note.c.order_id == order_id).order_by(_note.c.id)
    ).all()
    return [
        (row.id, msgspec.json.decode(
            open_for(database, keyring, row.person_id, row.sealed, f"note:{row.id}")))
        for row in rows
    ]  # fmt: skip


def _person_of(database: Connection, order_id: str) -> str:
    order, party = tables.sales_order, tables.party
    return str(
        database.execute(
            select(party.c.person_id)
            .join(order, order.c.party_id == party.c.id)
            .where(order.c.id == order_id)
        ).scalar_one()
    )
