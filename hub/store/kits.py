"""Kits in the database: what they are made of, and the lines of orders they become."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.kits import Parts, flattened
from hub.store import tables
from hub.store.ids import new_id
from hub.store.ledger import release
from hub.store.unit_of_work import Unit

KIT = "kit"

_part = tables.kit_component
_variant = tables.variant
_listing = tables.listing
_line = tables.order_line


@dataclass(frozen=True)
class Component:
    """A variant in a kit, and how many units of it one unit of the kit takes."""

    variant_id: str
    stock_item_id: str
    sku: str
    title: str
    quantity: int


def all_parts(database: Connection) -> Parts:
    """Give what every kit is made of, by variant."""
    parts: dict[str, dict[str, int]] = {}
    query = select(_part).join(_variant, _variant.c.id == _part.c.kit_variant_id)
    for row in database.execute(query.where(_variant.c.kind == KIT)):
        parts.setdefault(row.kit_variant_id, {})[row.component_variant_id] = row.quantity
    return parts


def components_of(database: Connection, kits: Iterable[str]) -> dict[str, list[Component]]:
    """Give what these kits (variants) are made of in the end, by SKU; kits in kits are opened."""
    wanted = set(kits)
    if not wanted:
        return {}
    parts = all_parts(database)
    units = {kit: flattened(kit, parts) for kit in wanted if kit in parts}
    inside = {variant for counts in units.values() for variant in counts}
    rows = database.execute(select(_variant).where(_variant.c.id.in_(inside))).all()
    known = {row.id: row for row in sorted(rows, key=lambda row: str(row.sku))}
    return {
        kit: [
            Component(id, row.stock_item_id, row.sku, row.title, counts[id])
            for id, row in known.items()
            if id in counts
        ]
        for kit, counts in units.items()
    }


def kit_needs(database: Connection) -> dict[str, dict[str, int]]:
    """Give of every kit's own stock item the items that one kit takes, and how many units."""
    parts = all_parts(database)
    if not parts:
        return {}
    inside = {variant for counts in parts.values() for variant in counts} | parts.keys()
    rows = database.execute(
        select(_variant.c.id, _variant.c.stock_item_id).where(_variant.c.id.in_(inside))
    )
    item_of: dict[str, str] = {row.id: row.stock_item_id for row in rows}
    needs: dict[str, dict[str, int]] = {}
    for kit in parts:
        taken = needs.setdefault(item_of[kit], {})
        for variant, units in flattened(kit, parts).items():
            taken[item_of[variant]] = taken.get(item_of[variant], 0) + units
    return needs


def kits_with(database: Connection, items: Collection[str]) -> set[str]:
    """Give the stock items of the kits that take one of these items."""
    needs = kit_needs(database)
    return {kit for kit, parts in needs.items() if not parts.keys().isdisjoint(items)}


def kits_by_listing(unit: Unit, connection_id: str, listings: Collection[str]) -> dict[str, str]:
    """Give the kit (variant) that each of these listings sells, where it sells one."""
    query = (
        select(_listing.c.external_id, _variant.c.id)
        .join(_variant, _variant.c.id == _listing.c.variant_id)
        .where(_listing.c.connection_id == connection_id, _variant.c.kind == KIT,
               _listing.c.external_id.in_(listings))
    )  # fmt: skip
    return {row.external_id: row.id for row in unit.execute(query)} if listings else {}


def explode(unit: Unit, lines: Mapping[str, str]) -> None:
    """Give order lines that sell a kit (line → variant) a line for each component; once."""
    components = components_of(unit.connection, lines.values())
    for line_id, variant_id in lines.items():
        parts = components.get(variant_id)
        first = parts and unit.changed(
            update(_line)
            .where(_line.c.id == line_id, _line.c.is_kit.is_(False))
            .values(is_kit=True, stock_item_id=None)
        )
        if parts and first:
            parent = unit.execute(select(_line).where(_line.c.id == line_id)).one()
            unit.execute(_line.insert(), [_child(parent, part) for part in parts])


def _child(parent: Any, part: Component) -> dict[str, Any]:
    return {
        "id": new_id(), "order_id": parent.order_id, "position": parent.position,
        "external_id": f"{parent.external_id}#{part.sku}", "sku": part.sku,
        "title": f"{part.title} (in {parent.sku or parent.title})",
        "stock_item_id": part.stock_item_id, "parent_line_id": parent.id,
        "per_kit": part.quantity, "quantity": parent.quantity * part.quantity,
        "cancelled": parent.cancelled * part.quantity,
        "shipped": parent.shipped * part.quantity,
    }  # fmt: skip


def follow_parents(unit: Unit, changed: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Let components follow what was set of their kits' lines (line → values).

    What they had reserved is given back; gives the stock items that became free.
    """
    counters = ("quantity", "cancelled", "shipped")
    moved = {line_id: values for line_id, values in changed.items() if set(counters) & set(values)}
    if not moved:
        return set()
    freed: set[str] = set()
    children = unit.execute(select(_line).where(_line.c.parent_line_id.in_(list(moved)))).all()
    for child in children:
        if item := release(unit, child.id):
            freed.add(item)
        told = moved[child.parent_line_id]
        values = {name: told[name] * child.per_kit for name in counters if name in told}
        unit.execute(update(_line).where(_line.c.id == child.id).values(**values))
    return freed
