"""Where a story ended, told without ids and instants, so that two runs of it can be compared."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hub.store import tables
from hub.store.jobs.states import OPEN
from hub.testing.invariants.facts import Facts

Outcome = Counter[tuple[Any, ...]]
"""Facts in plain words, each with how often it holds."""


def outcome(facts: Facts) -> Outcome:
    """Tell all that a merchant, a customer or a vendor could notice."""
    return Tale(facts).told()


class Tale:
    """Puts the facts of a scene into words; names take the place of ids."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._skus = {row.stock_item_id: row.sku for row in facts.rows(tables.variant)}
        self._codes = {row.id: row.code for row in facts.rows(tables.connection)}
        self._numbers = {row.id: row.number for row in facts.rows(tables.sales_order)}
        self._listings = {row.id: row.sku for row in facts.rows(tables.listing)}
        parcels, refunds = facts.rows(tables.shipment), facts.rows(tables.refund)
        self._orders_of = {row.id: row.order_id for row in (*parcels, *refunds)}
        self._subjects = {row.key: row.subject_id for row in facts.rows(tables.effect)}

    def told(self) -> Outcome:
        """Give every fact."""
        parts = (self._connections, self._orders, self._stock, self._outward, self._intake,
                 self._work, self._vendors)  # fmt: skip
        return Counter(fact for part in parts for fact in part())

    def _connections(self) -> Iterator[tuple[Any, ...]]:
        for row in self._facts.rows(tables.connection):
            yield "connection", row.code, row.state, row.writes, row.books_opened_at is not None
        for row in self._facts.rows(tables.listing):
            yield "listing", self._codes[row.connection_id], row.sku, row.mapping, row.title
        for row in self._facts.rows(tables.schedule):
            yield "schedule", row.name, self._codes.get(row.connection_id), row.enabled

    def _orders(self) -> Iterator[tuple[Any, ...]]:
        for row in self._facts.rows(tables.sales_order):
            yield "order", row.number, row.phase, row.channel_state, row.verification, row.history
            yield "money back", row.number, row.refunded_minor, row.refund_reserved_minor
        for line in self._facts.rows(tables.order_line):
            yield (
                "line", self._numbers[line.order_id], line.sku, line.quantity, line.cancelled,
                line.reserved, line.allocated, line.shipped, line.stock_item_id is not None,
            )  # fmt: skip
        for hold in self._facts.rows(tables.hold):
            number = self._numbers[hold.order_id]
            yield "hold", number, hold.reason, hold.note, hold.released_by
        for row in self._facts.rows(tables.payment_event):
            yield "paid", self._numbers[row.order_id], row.kind, row.amount_minor, row.reference
        for row in self._facts.rows(tables.refund):
            number = self._numbers[row.order_id]
            yield "refund", number, row.state, row.amount_minor, row.external_id, row.key
        for row in self._facts.rows(tables.shipment):
            number = self._numbers[row.order_id]
            yield "parcel", number, row.state, row.weight_g, row.cost_minor, row.service
        for scan in self._facts.rows(tables.tracking_event):
            yield "scan", self._numbers[self._orders_of[scan.shipment_id]], scan.code

    def _stock(self) -> Iterator[tuple[Any, ...]]:
        for row in self._facts.rows(tables.stock_promise):
            sku = self._skus[row.stock_item_id]
            yield "promise", sku, row.tracked, row.sellable, row.reserved, row.allocated
        for row in self._facts.rows(tables.stock_level):
            yield "level", self._skus[row.stock_item_id], row.on_hand, row.allocated
        for move in self._facts.rows(tables.stock_movement):
            yield "move", self._skus[move.stock_item_id], move.kind, move.quantity, move.reason

    def _outward(self) -> Iterator[tuple[Any, ...]]:
        for effect in self._facts.rows(tables.effect):
            yield "effect", effect.kind, self._number(effect.subject_id), effect.state
        for wish in self._facts.rows(tables.desired):
            target = self._listings.get(wish.target) or self._numbers.get(wish.target)
            done = wish.confirmed_version >= wish.desired_version
            code = self._codes[wish.connection_id]
            yield "wish", code, wish.field, target, done, wish.confirmed_value, wish.problem

    def _intake(self) -> Iterator[tuple[Any, ...]]:
        for item in self._facts.rows(tables.inbox):
            yield "webhook", item.topic, item.external_id, item.state
        for item in self._facts.rows(tables.quarantine):
            yield "aside", item.kind, item.external_id, item.state, item.reason
        for row in self._facts.rows(tables.link):
            yield "link", self._codes[row.connection_id], row.kind, row.external_id

    def _work(self) -> Iterator[tuple[Any, ...]]:
        for job in self._facts.rows(tables.job):
            if job.state in OPEN or job.state == "dead":
                yield "job", job.kind, job.state

    def _vendors(self) -> Iterator[tuple[Any, ...]]:
        for id, vendor in self._facts.testimonies.items():
            code = self._codes[id]
            yield from (("at the shop", code, key, str(order.lines), order.total, order.status)
                        for key, order in vendor.orders.items())  # fmt: skip
            yield from (("shown", code, key, count) for key, count in vendor.stock.items())
            for done in vendor.performed:
                order = self._number(self._subjects.get(done.key, ""))
                yield "done", code, done.kind, order, done.undone
            yield from (("costs", code, key, price) for key, price in vendor.prices.items())

    def _number(self, subject: str) -> str:
        """Give the order that an effect is about: its subject is that, a parcel or a refund."""
        return self._numbers.get(self._orders_of.get(subject, subject), "of nobody")
