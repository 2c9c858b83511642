"""What deliveries teach, kept beside what the supplier states; the plan counts on it."""

from collections.abc import Collection

from sqlalchemy import update

from hub.domain.suppliers import performance
from hub.store import tables
from hub.store.deliveries import deliveries_of, finished_of
from hub.store.unit_of_work import Unit


def learn(unit: Unit, supplier_items: Collection[str]) -> None:
    """Bring what is known of these supplier items' deliveries up to date."""
    item = tables.supplier_item
    deliveries = deliveries_of(unit.connection, supplier_items)
    finished = finished_of(unit.connection, supplier_items)
    for one in supplier_items:
        known = performance(deliveries.get(one, ()), finished.get(one, ()))
        unit.execute(update(item).where(item.c.id == one).values(**known.to_document()))
