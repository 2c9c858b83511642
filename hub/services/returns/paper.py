"""The return label as the customer prints it; it names them, and is sealed."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.services.returns.rows import StoredReturn
from hub.store import tables
from hub.store.people import open_for
from hub.store.sealing import Keyring


@dataclass(frozen=True)
class PrintedReturnLabel:
    """A label's file and its form."""

    format: str
    document: bytes


def label_of(
    database: Connection, keyring: Keyring, stored: StoredReturn
) -> PrintedReturnLabel | None:
    """Give the newest label of a return that still stands; None where there is none."""
    parcels = [one for one in stored.parcels if one.sealed_label and one.state != "voided"]
    if not parcels:
        return None
    order, party, newest = tables.sales_order, tables.party, parcels[-1]
    person_id = database.execute(
        select(party.c.person_id)
        .join(order, order.c.party_id == party.c.id)
        .where(order.c.id == stored.row.order_id)
    ).scalar_one()
    document = open_for(database, keyring, person_id, newest.sealed_label, f"label:{newest.id}")
    return PrintedReturnLabel(newest.label_format, document)
