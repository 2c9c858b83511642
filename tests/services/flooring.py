"""A merchant with a floor: batches are made, walked and packed in a word each."""

from typing import Any

from hub.reports.invariants import check_invariants
from hub.reports.order_detail import order_detail
from hub.reports.warehouse import Task, tasks_of
from hub.reports.why import obstacles
from hub.services.stock.locations import add_location
from hub.services.warehouse import batches, packing, picking
from hub.store import tables
from tests.services.merchant import Merchant
from tests.store.shop_rows import all_rows

BY = "ida"


class FloorMerchant(Merchant):
    """Ida picks and packs for this merchant."""

    def labels_wait_for_boxes(self) -> None:
        """MAIN buys its labels when a box is closed."""
        add_location(self.hub, "MAIN", "Main house", "US", label_when="packed")

    def make_batch(self) -> str:
        """Make and release a batch of all that waits."""
        number = batches.plan_batch(self.hub, "main", 20, 100, BY)
        assert number is not None, "there is nothing to fetch"
        batches.release_batch(self.hub, number)
        return number

    def pick(self, number: str, units: int | None = None, position: int = 1) -> None:
        picking.record_picked(self.hub, number, position, units, BY)

    def short(self, number: str, units: int | None = None, position: int = 1) -> None:
        """Ida does not find units; what follows is done."""
        picking.record_short(self.hub, number, position, units, "", BY)
        self.run()

    def tasks(self, number: str) -> list[Task]:
        with self.store.reading() as database:
            return tasks_of(database, number)

    def works(self) -> list[str]:
        """Give the work that has not left, the oldest first."""
        rows = all_rows(self.store, tables.fulfilment_order)
        return sorted(row.id for row in rows if row.state in ("open", "in_progress"))

    def pack(self, work: str, close: bool = True) -> None:
        """Everything goes into the box; closed, its labels are bought."""
        packing.pack_unchecked(self.hub, work)
        if close:
            packing.close_boxes(self.hub, work, "", BY)
            self.run()

    def parcels(self, *states: str) -> list[Any]:
        rows = sorted(all_rows(self.store, tables.shipment), key=lambda row: row.id)
        return [row for row in rows if not states or row.state in states]

    def contents(self, parcel: Any) -> list[int]:
        rows = all_rows(self.store, tables.shipment_line, shipment_id=parcel.id)
        return sorted(row.quantity for row in rows)

    def why(self, number: str = "7") -> str:
        """Give what stands against an order, in one text."""
        with self.store.reading() as database:
            found = obstacles(database, order_detail(database, self.order(number).id))
        return "; ".join(f"{one.what} ({one.remedy})" for one in found)

    def books_are_right(self) -> None:
        """Every invariant holds; nothing died."""
        with self.store.reading() as database:
            broken = [one for one in check_invariants(database) if not one.holds]
        assert not broken, [(one.name, one.examples) for one in broken]
        dead = all_rows(self.store, tables.job, state="dead")
        assert not dead, [(job.kind, job.last_error_text) for job in dead]
