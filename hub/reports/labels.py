"""The printed labels of an order, unsealed for whoever packs its parcels."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.store import tables
from hub.store.people import open_for
from hub.store.sealing import Keyring


@dataclass(frozen=True)
class PrintedLabel:
    """One label as it came from the carrier."""

    shipment_id: str
    format: str
    document: bytes


def labels_of(database: Connection, keyring: Keyring, order_id: str) -> list[PrintedLabel]:
    """Give the labels of an order's parcels that are not void; raises `ErasedError`."""
    shipment, order, party = tables.shipment, tables.sales_order, tables.party
    rows = database.execute(
        select(shipment.c.id, shipment.c.label_format, shipment.c.sealed_label, party.c.person_id)
        .join(order, order.c.id == shipment.c.order_id)
        .join(party, party.c.id == order.c.party_id)
        .where(shipment.c.order_id == order_id, shipment.c.sealed_label.is_not(None),
               shipment.c.state != "voided")
        .order_by(shipment.c.id)
    )  # fmt: skip
    return [
        PrintedLabel(
            row.id, row.label_format,
            open_for(database, keyring, row.person_id, row.sealed_label, f"label:{row.id}"),
        )
        for row in rows
    ]  # fmt: skip
