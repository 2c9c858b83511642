"""The boxes the merchant keeps, and how big and heavy what goes into them is."""

from sqlalchemy import Connection, delete, select, update

from hub.records.warehouse import Carton, Size
from hub.services.context import Hub
from hub.store import tables
from hub.store.lander import land

_carton, _variant = tables.carton, tables.variant
_COLUMNS = ("code", "title", "length_mm", "width_mm", "height_mm", "tare_g", "max_g")


def kept_cartons(database: Connection) -> list[Carton]:
    """Give the boxes, by code."""
    return [
        Carton(
            code=row.code, title=row.title, tare_g=row.tare_g, max_g=row.max_g,
            inner=Size(length_mm=row.length_mm, width_mm=row.width_mm, height_mm=row.height_mm),
        )
        for row in database.execute(select(_carton).order_by(_carton.c.code))
    ]  # fmt: skip


def list_cartons(hub: Hub) -> list[Carton]:
    """Give the boxes, by code."""
    with hub.store.reading() as database:
        return kept_cartons(database)


def keep_carton(hub: Hub, carton: Carton) -> None:
    """Keep a box, or replace the one of this code."""
    inner = carton.inner
    row = (carton.code, carton.title, inner.length_mm, inner.width_mm, inner.height_mm,
           carton.tare_g, carton.max_g)  # fmt: skip
    with hub.store.unit_of_work() as unit:
        land(unit, _carton, _COLUMNS, [row])


def drop_carton(hub: Hub, code: str) -> None:
    """Keep a box no more; what was packed in it stays as it was decided."""
    with hub.store.unit_of_work() as unit:
        unit.execute(delete(_carton).where(_carton.c.code == code))


def measure(hub: Hub, sku: str, size: Size | None, weight_g: int | None, dry_run: bool) -> bool:
    """Say how big and heavy one unit of a variant is; False when there is no such variant."""
    sides = {} if size is None else size.to_document()
    values = sides | ({} if weight_g is None else {"weight_g": weight_g})
    with hub.store.unit_of_work() as unit:
        here = _variant.c.sku == sku
        if dry_run:
            return unit.execute(select(_variant.c.id).where(here)).first() is not None
        return bool(unit.changed(update(_variant).where(here).values(values)))
