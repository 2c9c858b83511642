"""A merchant whose orders have left: the shop and the carrier say yes to all that is asked."""

import sqlite3
from contextlib import closing
from copy import deepcopy
from typing import Any, ClassVar

from hub.domain.returns import custody, money
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import Custody, Grade, MoneyState, ReturnState
from hub.sdk import Accepted
from hub.services.returns.approve import approve
from hub.services.returns.booking import Arrival
from hub.services.returns.grade import grade
from hub.services.returns.receive import receive
from hub.services.returns.request import Requested, Wanted, request_return
from hub.services.returns.rows import StoredReturn, find_return, get_return
from hub.services.rulebooks import put_in_force
from hub.services.shipping.handover import hand_over, labelled_shipments
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row

TEE = "TEE"
"""The SKU of both lines of `scripted_shop`'s orders."""


class Returning(Merchant):
    """An order of two tees (2000, with 500 of shipping and 100 of tax) has left MAIN."""

    _lived: ClassVar[tuple[sqlite3.Connection, dict[str, dict[str, Any]]] | None] = None
    """The database and the vendors' memories after the parcel left: lived through once."""

    def __init__(self, store: Store, clock: SettableClock, **policy: Any) -> None:
        embedded = store.engines.dialect == "sqlite"
        if embedded and Returning._lived:
            self._go_on(store, clock, *Returning._lived)
        else:
            self._live(store, clock)
            if embedded:
                Returning._lived = self._remember()
        if policy:
            self.decide(**policy)

    def _live(self, store: Store, clock: SettableClock) -> None:
        super().__init__(store, clock)
        self._say_yes()
        self.says()
        self.leave()

    def _say_yes(self) -> None:
        self.shop.push_shipment = lambda notice, *, key: Accepted(f"n:{key}")
        self.shop.push_tracking = lambda tracking: None

    def _remember(self) -> tuple[sqlite3.Connection, dict[str, dict[str, Any]]]:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(self.store.engines.write.raw_connection()) as raw:
            raw.driver_connection.backup(kept)
        return kept, deepcopy(self._memories)

    def _go_on(
        self, store: Store, clock: SettableClock, kept: sqlite3.Connection,
        memories: dict[str, dict[str, Any]],
    ) -> None:  # fmt: skip
        with closing(store.engines.write.raw_connection()) as raw:
            kept.backup(raw.driver_connection)
        self._put_together(store, clock, deepcopy(memories))
        self._open_vendors()
        self._say_yes()

    def decide(self, **policy: Any) -> None:
        document = ReturnPolicy(**policy).to_document()
        put_in_force(self.store, "return_policy", document, "ada")

    def leave(self) -> None:
        for parcel in labelled_shipments(self.hub):
            hand_over(self.hub, parcel)
        self.run()

    def ask(self, units: int = 2, **said: Any) -> Requested:
        made = request_return(self.hub, "NYC-7", [Wanted(TEE, units, **said)], by="ada")
        self.run()
        return made

    def came(self, number: str, units: int, sku: str = TEE, command: str = "", **said: Any) -> bool:
        done = receive(self.hub, number, [Arrival(sku, units, **said)], command or new_id(), "bo")
        self.run()
        return done

    def graded(self, number: str, found: Grade, units: int = 1, **said: Any) -> None:
        grade(self.hub, number, TEE, found, units, "bo", **said)
        self.run()

    def approved(self, number: str) -> None:
        approve(self.hub, number, "ada")
        self.run()

    def stored(self, number: str) -> StoredReturn:
        with self.store.reading() as database:
            return get_return(database, find_return(database, number))

    def state(self, number: str) -> ReturnState:
        stored = self.stored(number)
        assert stored.row.state == stored.state()
        return stored.state()

    def custody(self, number: str) -> list[Custody]:
        stored = self.stored(number)
        return [custody(stored.goods(line)) for line in stored.lines]

    def money(self, number: str) -> list[MoneyState]:
        stored = self.stored(number)
        return [money(stored.dues(line)) for line in stored.lines]

    def buckets(self) -> dict[str, int]:
        rows = all_rows(self.store, tables.stock_bucket)
        return {row.bucket: row.units for row in rows if row.units}

    def on_hand(self) -> int:
        item = one_row(self.store, tables.variant, sku="p1").stock_item_id
        rows = all_rows(self.store, tables.stock_level, stock_item_id=item)
        return sum(row.on_hand for row in rows)

    def moved(self, kind: str) -> int:
        rows = all_rows(self.store, tables.stock_movement, kind=kind)
        return sum(row.quantity for row in rows)

    def refunds(self) -> list[tuple[str, int]]:
        rows = sorted(all_rows(self.store, tables.refund), key=lambda row: row.id)
        return [(row.state, row.amount_minor) for row in rows]

    def troubles(self) -> set[str]:
        rows = all_rows(self.store, tables.operational_exception, closed_at=None)
        return {row.kind for row in rows}

    def exchange(self, number: str) -> Any:
        """The order that brings something else instead."""
        order_id = self.stored(number).row.exchange_order_id
        return one_row(self.store, tables.sales_order, id=order_id)

    def told(self, number: str) -> list[str]:
        rows = all_rows(self.store, tables.return_event, return_id=self.stored(number).id)
        return [row.what for row in sorted(rows, key=lambda row: row.id)]
