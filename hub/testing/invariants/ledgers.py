"""Invariants of the two ledgers of stock: every unit is somewhere, and promised at most once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hub.records.stock import Bucket
from hub.store import tables
from hub.store.ledger import account
from hub.testing.invariants.facts import Facts, Invariant


def _stock_is_conserved(facts: Facts) -> Iterator[str]:
    sums: Counter[tuple[str, str]] = Counter()
    for move in facts.rows(tables.stock_movement):
        sums[move.stock_item_id, move.to_account] += move.quantity
        sums[move.stock_item_id, move.from_account] -= move.quantity
    aside: Counter[tuple[str, str]] = Counter()
    for row in facts.rows(tables.stock_bucket):
        moved = sums[row.stock_item_id, account(row.location_id, Bucket(row.bucket))]
        aside[row.stock_item_id, row.location_id] += row.units
        if row.units != moved:
            yield f"{row.stock_item_id} counts {row.units} {row.bucket}, its movements {moved}"
    good: Counter[str] = Counter()
    for level in facts.rows(tables.stock_level):
        good[level.stock_item_id] += level.on_hand - level.unsellable
        kept = aside[level.stock_item_id, level.location_id]
        moved = sums[level.stock_item_id, account(level.location_id)] + kept
        if level.on_hand != moved:
            yield f"{level.stock_item_id} shows {level.on_hand} on hand, its movements {moved}"
    for promise in facts.rows(tables.stock_promise, tracked=True):
        if promise.sellable != good[promise.stock_item_id]:
            have = good[promise.stock_item_id]
            yield f"{promise.stock_item_id} sells {promise.sellable} and has {have} good units"


def _promises_add_up(facts: Facts) -> Iterator[str]:
    reserved, allocated = Counter[str](), Counter[str]()
    for held in facts.rows(tables.reservation, state="active"):
        reserved[held.stock_item_id] += held.quantity
    for part in facts.rows(tables.allocation):
        allocated[part.stock_item_id] += _open(part)
    for promise in facts.rows(tables.stock_promise):
        item = promise.stock_item_id
        if (promise.reserved, promise.allocated) != (reserved[item], allocated[item]):
            yield (
                f"{item} counts {promise.reserved} reserved and {promise.allocated} allocated, "
                f"its rows {reserved[item]} and {allocated[item]}"
            )
    yield from _levels_add_up(facts)


def _levels_add_up(facts: Facts) -> Iterator[str]:
    untracked = {row.stock_item_id for row in facts.rows(tables.stock_promise, tracked=False)}
    allocated: Counter[tuple[str, str]] = Counter()
    for part in facts.rows(tables.allocation):
        allocated[part.stock_item_id, part.location_id] += _open(part)
    for level in facts.rows(tables.stock_level):
        given = allocated[level.stock_item_id, level.location_id]
        if level.allocated != given and level.stock_item_id not in untracked:
            yield f"{level.stock_item_id} counts {level.allocated} given at a place, not {given}"


def _lines_add_up(facts: Facts) -> Iterator[str]:
    reserved, allocated, shipped = Counter[str](), Counter[str](), Counter[str]()
    for held in facts.rows(tables.reservation, state="active"):
        reserved[held.order_line_id] += held.quantity
    for part in facts.rows(tables.allocation):
        allocated[part.order_line_id] += _open(part)
        shipped[part.order_line_id] += part.shipped
    for line in facts.rows(tables.order_line):
        if (line.reserved, line.allocated) != (reserved[line.id], allocated[line.id]):
            yield f"line {line.sku} counts {line.reserved} + {line.allocated}, its rows differ"
        if line.shipped < shipped[line.id]:
            yield f"line {line.sku} counts {line.shipped} shipped, its parcels {shipped[line.id]}"
        if line.reserved + line.allocated + line.shipped + line.cancelled > line.quantity:
            yield f"line {line.sku} promises more than its {line.quantity}"


def _what_left_was_booked_once(facts: Facts) -> Iterator[str]:
    tracked = {row.stock_item_id for row in facts.rows(tables.stock_promise, tracked=True)}
    booked = Counter[str]()
    for move in facts.rows(tables.stock_movement):
        kind, _, subject = move.command_id.partition(":")
        if kind == "ship":
            booked[subject.rpartition(":")[2]] += move.quantity
    for part in facts.rows(tables.allocation):
        if part.stock_item_id in tracked and part.shipped != booked[part.id]:
            yield f"{part.shipped} units left and {booked[part.id]} were booked ({part.id})"


def _open(part: Any) -> int:
    return int(part.allocated - part.released - part.shipped)


LEDGERS = (
    Invariant(
        "stock-is-conserved",
        "What is on hand is the sum of its movements, and what may be sold is good and on hand.",
        _stock_is_conserved,
    ),
    Invariant(
        "promises-add-up",
        "What is reserved and allocated is the sum of its reservations and allocations.",
        _promises_add_up,
    ),
    Invariant(
        "lines-add-up",
        "Every unit of an order line is at one stage, and no line promises more than was ordered.",
        _lines_add_up,
    ),
    Invariant(
        "units-leave-once",
        "Every unit that left in a parcel was taken from stock, once.",
        _what_left_was_booked_once,
    ),
)
