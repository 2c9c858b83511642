"""Listings of which nobody knows what they sell, with what is proposed for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.domain.matching import Known, Proposal, Shelf, Shown
from hub.reports.stock import UnmappedRow, list_unmapped
from hub.store import tables
from hub.store.connections import get_connection
from hub.store.matching import MAPPING

_listing, _variant = tables.listing, tables.variant


@dataclass(frozen=True)
class Unmapped:
    """One listing that waits for a person, the proposals for it best first."""

    listing: str
    """CODE:ID, as `hub catalogue map` takes it."""
    sku: str
    title: str
    waiting_lines: int
    proposals: tuple[Proposal, ...]


def unmapped(database: Connection, code: str = "", limit: int = 1000) -> list[Unmapped]:
    """Give the queue, of one connection or all; what order lines wait for comes first."""
    rows = [row for row in list_unmapped(database, limit) if not code or row.connection == code]
    if not rows:
        return []
    shelf = Shelf(
        Known(row.sku, row.title, row.gtin)
        for row in database.execute(select(_variant.c.sku, _variant.c.title, _variant.c.gtin))
    )
    return [
        one
        for shop in dict.fromkeys(row.connection for row in rows)
        for one in _of_shop(database, shop, [row for row in rows if row.connection == shop], shelf)
    ]


def _of_shop(
    database: Connection, code: str, rows: Sequence[UnmappedRow], shelf: Shelf
) -> list[Unmapped]:
    shop = get_connection(database, code)
    here = database.execute(
        select(_listing.c.external_id, _listing.c.parent_external_id, _listing.c.gtin,
               _variant.c.sku)
        .outerjoin(_variant, _variant.c.id == _listing.c.variant_id)
        .where(_listing.c.connection_id == shop.id)
    ).all()  # fmt: skip
    taken = {fact.sku for fact in here if fact.sku}
    facts = {fact.external_id: fact for fact in here}
    families: dict[str, list[str]] = {}
    for fact in here:
        if fact.parent_external_id and fact.sku:
            families.setdefault(fact.parent_external_id, []).append(fact.sku)
    found = []
    for row in rows:
        fact = facts[row.external_id]
        siblings = tuple(families.get(fact.parent_external_id or "", ()))
        shown = Shown(row.sku, row.title, fact.gtin, siblings)
        found.append(
            Unmapped(
                f"{code}:{row.external_id}", row.sku, row.title, row.waiting_lines,
                shelf.proposals(shown, taken),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class MappingMoment:
    """What was decided about a listing, by whom or by which key, and why."""

    at: datetime
    outcome: str
    sku: str
    before: str
    because: tuple[str, ...]


def mapping_story(database: Connection, listing_id: str) -> list[MappingMoment]:
    """Tell how a listing came to sell what it sells, oldest first.

    Where nothing was decided, the SKU alone has said it.
    """
    kept = tables.decision
    rows = database.execute(
        select(kept)
        .where(kept.c.subject_id == listing_id, kept.c.kind == MAPPING)
        .order_by(kept.c.id)
    ).all()
    if rows:
        return [
            MappingMoment(
                row.at, row.outcome, row.document["sku"], row.document.get("from", ""),
                tuple(row.document["reasons"]),
            )
            for row in rows
        ]  # fmt: skip
    shown = database.execute(
        select(_listing.c.observed_at, _listing.c.sku.label("there"), _variant.c.sku)
        .outerjoin(_variant, _variant.c.id == _listing.c.variant_id)
        .where(_listing.c.id == listing_id)
    ).one()
    if shown.sku is None:
        return []
    told = (
        f"the SKU is the same: {shown.sku}"
        if shown.there == shown.sku
        else "its variant was made from it"
    )
    return [MappingMoment(shown.observed_at, "mapped", shown.sku, "", (told,))]
