"""Kits: what a variant is put together of, when it is ordered or beforehand."""

from collections.abc import Mapping

from sqlalchemy import select, update

from hub.domain.kits import KitCycleError, flattened
from hub.records.events import EventKind
from hub.records.stock import MovementKind
from hub.services.context import Hub
from hub.services.stock.publish import stock_moved
from hub.services.stock.stockroom import units_moved
from hub.services.work import owe
from hub.store import ledger, tables
from hub.store.kits import KIT
from hub.store.ledger import account
from hub.store.stock_names import (
    StockRefusedError,
    default_location,
    item_of,
    location_of,
    variant_of,
)
from hub.store.unit_of_work import Unit

_variant = tables.variant
_part = tables.kit_component
SIMPLE = "simple"


def define_kit(hub: Hub, sku: str, components: Mapping[str, int], on_order: bool = True) -> None:
    """Say what a variant is made of (SKU → units); no components: it is no kit any more.

    With `on_order` it is put together when it is ordered and has no units of its own; otherwise it
    is assembled beforehand. Orders that are in its components already stay so. Raises
    `UnknownItemError`, `StockRefusedError`.
    """
    with hub.store.unit_of_work() as unit:
        kit = variant_of(unit.connection, sku)
        parts = {variant_of(unit.connection, one): units for one, units in components.items()}
        if any(units <= 0 for units in parts.values()):
            raise StockRefusedError("a kit takes at least one unit of each component")
        becomes = KIT if parts and on_order else SIMPLE
        if becomes == KIT:
            _check_no_units(unit, sku)
        _check_no_cycle(unit, kit, parts)
        unit.execute(_part.delete().where(_part.c.kit_variant_id == kit))
        if parts:
            rows = [
                {"kit_variant_id": kit, "component_variant_id": part, "quantity": units}
                for part, units in parts.items()
            ]
            unit.execute(_part.insert(), rows)
        unit.execute(update(_variant).where(_variant.c.id == kit).values(kind=becomes))
        if becomes == KIT:
            _count_it(unit, sku)
        _go_on(unit, kit, item_of(unit.connection, sku))


def assemble(
    hub: Hub, sku: str, quantity: int, command_id: str, location: str | None = None,
    apart: bool = False,
) -> bool:  # fmt: skip
    """Make units of a variant out of its components at a location, once per command.

    `apart` takes them apart again. Raises `StockRefusedError` for what has no components, and
    `StockConflictError` where units are missing.
    """
    with hub.store.unit_of_work() as unit:
        database = unit.connection
        place = location_of(database, location) if location else default_location(database)
        needs = _own_parts(unit, sku)
        here, kind = account(place), MovementKind.DISASSEMBLE if apart else MovementKind.ASSEMBLE
        moves = {item: -units * quantity for item, units in needs.items()}
        moves[item_of(database, sku)] = quantity
        for item, units in sorted(moves.items()):
            into = (units > 0) != apart
            source, target = (ledger.ASSEMBLY, here) if into else (here, ledger.ASSEMBLY)
            command = f"{command_id}:{item}"
            if not ledger.move(unit, item, abs(units), source, target, kind, command):
                return False
        units_moved(unit, moves)
    return True


def _own_parts(unit: Unit, sku: str) -> dict[str, int]:
    """Give what is taken to assemble a variant: item → units."""
    query = (
        select(_variant.c.stock_item_id, _part.c.quantity)
        .join(_part, _part.c.component_variant_id == _variant.c.id)
        .where(_part.c.kit_variant_id == variant_of(unit.connection, sku))
    )
    parts = {row.stock_item_id: row.quantity for row in unit.execute(query)}
    kind = unit.execute(select(_variant.c.kind).where(_variant.c.sku == sku)).scalar_one()
    if not parts or kind == KIT:
        why = "is put together when it is ordered" if parts else "has no components"
        raise StockRefusedError(f"{sku} {why}; `hub kits define` says what is made beforehand")
    return parts


def _check_no_units(unit: Unit, sku: str) -> None:
    promise = tables.stock_promise
    row = unit.execute(
        select(promise).where(promise.c.stock_item_id == item_of(unit.connection, sku))
    ).one()
    if row.sellable or row.reserved or row.allocated:
        raise StockRefusedError(
            f"{sku} has units of its own, or orders that hold them: adjust it to zero first, or "
            "say --beforehand"
        )


def _count_it(unit: Unit, sku: str) -> None:
    """Its channels are shown a number from now on, whether or not they counted it before."""
    promise = tables.stock_promise
    item = item_of(unit.connection, sku)
    unit.execute(update(promise).where(promise.c.stock_item_id == item).values(tracked=True))


def _check_no_cycle(unit: Unit, kit: str, parts: Mapping[str, int]) -> None:
    query = select(_part)
    known: dict[str, dict[str, int]] = {}
    for row in unit.execute(query):
        known.setdefault(row.kit_variant_id, {})[row.component_variant_id] = row.quantity
    try:
        flattened(kit, {**known, kit: dict(parts)})
    except KitCycleError:
        raise StockRefusedError("a kit would be inside itself") from None


def _go_on(unit: Unit, kit: str, item: str) -> None:
    """Let lines that wait for this kit go on, and let every channel show what there is of it."""
    listing = tables.listing
    rows = unit.execute(
        select(listing.c.id, listing.c.connection_id).where(listing.c.variant_id == kit)
    ).all()
    for row in rows:
        unit.record(EventKind.LISTING_MAPPED, row.id, row.connection_id)
    stock_moved(unit, [item])
    owe(unit, "reserve_waiting", "")
