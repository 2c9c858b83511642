"""Suppliers and what they ask for each variant; written by a person or read from a file."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection, select

from hub.records.address import Party
from hub.records.purchase import PriceBreak, Supplier, SupplierItem, SupplierState
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.store import tables
from hub.store.ids import new_id
from hub.store.people import open_parties, people_for, seal_parties
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

_supplier = tables.supplier
_item = tables.supplier_item


class UnknownSupplierError(HubError):
    """No supplier, or no item of a supplier, has this name."""


class SupplierFileError(HubError):
    """What is said of a supplier or its items cannot be taken; the text names each fault."""


@contextmanager
def _understood() -> Iterator[None]:
    """Name the fields that cannot be, and never their values: they may name a person."""
    try:
        yield
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        told = (f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in faults)
        raise SupplierFileError("; ".join(told)) from None


def put_supplier(hub: Hub, code: str, contact: Party | None = None, **given: Any) -> Supplier:
    """Add a supplier, or change what is given of one; `contact` is kept sealed.

    Raises `SupplierFileError` for what cannot be.
    """
    with _understood(), hub.store.unit_of_work() as unit:
        known = unit.execute(select(_supplier).where(_supplier.c.code == code)).first()
        supplier = _supplier_of(known, code, given)
        values = supplier.to_document()
        if contact is not None:
            values["party_id"] = _keep_contact(unit, contact, known.party_id if known else None)
        if known is None:
            unit.execute(_supplier.insert().values(created_at=unit.now, **values))
        else:
            unit.execute(_supplier.update().where(_supplier.c.id == known.id).values(**values))
    return supplier


def _supplier_of(known: Any, code: str, given: Mapping[str, Any]) -> Supplier:
    fields = Supplier.model_fields
    before = {name: getattr(known, name) for name in fields} if known else {"id": new_id()}
    merged = {**before, "code": code, **given}
    merged["state"] = SupplierState(merged.get("state", "active"))
    return Supplier(**merged)


def _keep_contact(unit: Unit, contact: Party, party_id: str | None) -> str:
    (person,) = people_for(unit, [(contact.email, party_id)])
    kept = party_id or new_id()
    document = msgspec.json.encode({"bill_to": contact.to_document(), "note": ""})
    values = {"person_id": person.id, "sealed": seal_parties(person, kept, document),
              "country": contact.country}  # fmt: skip
    party = tables.party
    if party_id:
        unit.execute(party.update().where(party.c.id == party_id).values(**values))
    else:
        unit.execute(party.insert().values(id=kept, **values))
    return kept


def contact_of(database: Connection, keyring: Keyring, supplier_id: str) -> Party | None:
    """Give whom to write to; None where nobody is known. Raises `ErasedError`."""
    query = select(_supplier.c.party_id).where(_supplier.c.id == supplier_id)
    party_id = database.execute(query).scalar()
    return open_parties(database, keyring, party_id).bill_to if party_id else None


def find_supplier(database: Connection, code: str) -> Any:
    """Read a supplier's row by its code; raises `UnknownSupplierError`."""
    row = database.execute(select(_supplier).where(_supplier.c.code == code)).first()
    if row is None:
        raise UnknownSupplierError(f"there is no supplier {code}; hub suppliers list shows them")
    return row


@dataclass(frozen=True)
class ItemTerms:
    """What a supplier asks for one SKU, as a person or a file says it."""

    sku: str
    prices: tuple[PriceBreak, ...]
    supplier_sku: str = ""
    moq: int = 1
    pack: int = 1
    lead_days: int | None = None
    primary: bool = False


def put_items(hub: Hub, supplier_code: str, items: Sequence[ItemTerms]) -> int:
    """Say what a supplier asks, all of it or nothing; gives how many are new.

    Raises `UnknownSupplierError` naming the SKUs that no variant has, `SupplierFileError`.
    """
    with _understood(), hub.store.unit_of_work() as unit:
        supplier = find_supplier(unit.connection, supplier_code)
        variants = _variants(unit, [one.sku for one in items])
        return sum(_put_item(unit, supplier, variants[one.sku], one) for one in items)


def _variants(unit: Unit, skus: Sequence[str]) -> dict[str, str]:
    variant = tables.variant
    rows = unit.execute(select(variant.c.sku, variant.c.id).where(variant.c.sku.in_(skus)))
    found = {row.sku: row.id for row in rows}
    if missing := sorted(set(skus) - set(found)):
        raise UnknownSupplierError(f"no variant has the SKU {', '.join(missing)}")
    return found


def _put_item(unit: Unit, supplier: Any, variant_id: str, terms: ItemTerms) -> bool:
    here = (_item.c.supplier_id == supplier.id) & (_item.c.variant_id == variant_id)
    known = unit.execute(select(_item.c.id).where(here)).scalar()
    record = SupplierItem(
        id=known or new_id(), supplier_id=supplier.id, variant_id=variant_id,
        supplier_sku=terms.supplier_sku, currency=supplier.currency, moq=terms.moq,
        pack=terms.pack, prices=terms.prices, lead_days=terms.lead_days, primary=terms.primary,
    )  # fmt: skip
    values = record.to_document()
    values["is_primary"] = values.pop("primary")
    if terms.primary:
        unit.execute(
            _item.update().where(_item.c.variant_id == variant_id).values(is_primary=False)
        )
    if known is None:
        unit.execute(_item.insert().values(**values))
    else:
        unit.execute(_item.update().where(_item.c.id == known).values(active=True, **values))
    return known is None


def drop_item(hub: Hub, supplier_code: str, sku: str) -> None:
    """Buy a variant here no more; what was ordered still comes."""
    with hub.store.unit_of_work() as unit:
        supplier = find_supplier(unit.connection, supplier_code)
        variant_id = _variants(unit, [sku])[sku]
        here = (_item.c.supplier_id == supplier.id) & (_item.c.variant_id == variant_id)
        if not unit.changed(_item.update().where(here).values(active=False)):
            raise UnknownSupplierError(f"{supplier_code} does not sell {sku}")


def read_items(text: str) -> list[ItemTerms]:
    """Read a CSV of sku, prices, supplier_sku, moq, pack, lead_days, primary.

    Prices are written `4.20` or `1:4.20 100:3.85`. Raises `SupplierFileError` with every fault.
    """
    faults: list[str] = []
    items: list[ItemTerms] = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            items.append(_read_item(row))
        except (KeyError, ValueError) as error:
            told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            faults.append(f"line {number}: {told}")
    if faults or not items:
        raise SupplierFileError("; ".join(faults) or "the file has no line with an item")
    return items


def _read_item(row: Mapping[str, str]) -> ItemTerms:
    said = {name: value.strip() for name, value in row.items() if name and value}
    for name in ("sku", "prices"):
        if name not in said:
            raise ValueError(f"{name} is missing")
    return ItemTerms(
        sku=said["sku"], prices=read_prices(said["prices"]),
        supplier_sku=said.get("supplier_sku", ""), moq=int(said.get("moq", "1")),
        pack=int(said.get("pack", "1")),
        lead_days=int(said["lead_days"]) if "lead_days" in said else None,
        primary=said.get("primary", "").lower() in ("yes", "true", "1"),
    )  # fmt: skip


def read_prices(text: str) -> tuple[PriceBreak, ...]:
    """Read `4.20`, or breaks as `1:4.20 100:3.85`; raises `ValueError`."""
    breaks = []
    for part in text.split():
        units, mark, price = part.rpartition(":")
        breaks.append(PriceBreak(units=int(units) if mark else 1, price=price))
    return tuple(breaks)
