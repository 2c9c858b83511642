"""A merchant who buys: variants, suppliers, past orders and proposals in a word each."""

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import update

from hub.records.purchase import PriceBreak
from hub.services.context import Hub
from hub.services.purchasing import orders, planning, proposals, receiving, sending, suppliers
from hub.services.purchasing.receiving import Came
from hub.services.purchasing.stored import get_purchase
from hub.services.purchasing.suppliers import ItemTerms
from hub.services.rulebooks import put_in_force
from hub.store import tables
from hub.store.ids import new_id
from hub.store.ledger import adjust
from tests.store.conftest import SettableClock
from tests.store.shop_rows import add_item, add_lines, add_place, all_rows, one_row


class Buyer:
    """A hub with the location MAIN and a supplier ACME, and short ways to buy for it."""

    def __init__(self, hub: Hub, clock: SettableClock) -> None:
        self.hub, self.store, self.clock = hub, hub.store, clock
        self.shop = hub.connection("NYC").id
        self.place = add_place(hub.store)
        self._commands = count(1)
        suppliers.put_supplier(hub, "ACME", title="Acme", currency="USD", lead_days=10)

    def variant(self, sku: str = "TEE", units: int = 0) -> str:
        """Add a variant with units in stock; gives its stock item."""
        item = add_item(self.store, self.place, units)
        with self.store.unit_of_work() as unit:
            unit.execute(
                tables.variant.insert().values(
                    id=f"v-{sku}", sku=sku, title=sku.lower(), stock_item_id=item,
                    created_at=unit.now,
                )
            )  # fmt: skip
        return item

    def sells(self, sku: str = "TEE", *prices: tuple[int, str], supplier: str = "ACME",
              **asked: Any) -> None:  # fmt: skip
        """Let a supplier sell a variant."""
        breaks = tuple(PriceBreak(units=n, price=p) for n, p in prices or ((1, "4.00"),))
        suppliers.put_items(self.hub, supplier, [ItemTerms(sku, breaks, **asked)])

    def policy(self, **defaults: Any) -> None:
        """Put settings in force."""
        put_in_force(self.store, "reorder_policy", {"defaults": defaults}, "test")

    def ordered(self, item: str, units: int, days_ago: int = 0, shipped: bool = True) -> str:
        """A customer ordered so many units a while ago; gives the line."""
        (line,) = add_lines(self.store, self.shop, item, units)
        order, lines = tables.sales_order, tables.order_line
        with self.store.unit_of_work() as unit:
            at = unit.now - timedelta(days=days_ago)
            order_id = one_row(self.store, lines, id=line).order_id
            unit.execute(update(order).where(order.c.id == order_id).values(placed_at=at))
            if shipped:
                unit.execute(update(lines).where(lines.c.id == line).values(shipped=units))
        return line

    def take(self, item: str, units: int, days_ago: int = 0) -> None:
        """Units leave the shelf, some days ago."""
        now, self.clock.now = self.clock.now, self.clock.now - timedelta(days=days_ago)
        with self.store.unit_of_work() as unit:
            adjust(unit, item, self.place, -units, new_id(), "taken")
        self.clock.now = now

    def plan(self) -> planning.Planned:
        return planning.plan(self.hub)

    def proposal(self, **where: Any) -> Any:
        return one_row(self.store, tables.proposal, **where)

    def proposals(self) -> list[tuple[str, int]]:
        rows = all_rows(self.store, tables.proposal)
        return [(row.state, row.quantity) for row in rows]

    def bought(self, sku: str = "TEE", units: int = 20, sent: bool = True) -> str:
        """Give the number of an order that was written by hand."""
        number = orders.create_purchase(self.hub, "ACME", {sku: units})
        orders.approve_purchase(self.hub, number, "ada")
        if sent:
            sending.mark_sent(self.hub, number, "ada")
        return number

    def receive(self, number: str, *came: Came, command: str = "", **said: Any) -> Any:
        command = command or f"dock-{next(self._commands)}"
        return receiving.receive_purchase(self.hub, number, came, command, **said)

    def order(self, number: str) -> Any:
        with self.store.reading() as database:
            return get_purchase(database, number)

    def accept_all(self) -> list[str]:
        """Approve what is proposed and order it; gives the numbers."""
        rows = all_rows(self.store, tables.proposal, state="proposed")
        proposals.approve_proposals(self.hub, [row.id for row in rows], "ada")
        return proposals.order_accepted(self.hub)


__all__ = ["Buyer", "Came"]
